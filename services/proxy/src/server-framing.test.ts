import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { echo, ok, ServerWorld } from "./server.test-world.ts";

let world: ServerWorld;
beforeEach(async () => {
  world = await ServerWorld.open();
});
afterEach(() => world.close());

describe("framing that two parsers could read differently", () => {
  test.each([
    ["Authorization: a\r\nAuthorization: b", "authorization"],
    ["X-Api-Key: a\r\nx-api-key: b", "x-api-key"],
    ["Content-Type: a\r\nContent-Type: b", "content-type"],
  ])("%j · reported, and the connection ends", async (lines, duplicate) => {
    const client = await world.client();
    const answer = await client.send(`GET / HTTP/1.1\r\nHost: gateway\r\n${lines}\r\n\r\n`).answer();
    expect(world.lastExchange?.head.duplicateHeader).toBe(duplicate);
    expect(answer.headers.get("connection")).toBe("close");
    await client.closed;
  });

  test("two lengths · reported; what stands behind is no second request, at once or later", async () => {
    const lengths = "POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n";
    // The head alone decides, as in the accept phase.
    world.onRequest = (exchange) => exchange.respond(ok(), String(exchange.head.duplicateHeader));
    const atOnce = await world.client();
    atOnce.send(`${lengths}GET /smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    await atOnce.closed;
    expect(world.requests).toBe(1);
    const later = await world.client();
    expect((await later.send(lengths).answer()).body).toBe("content-length");
    later.send("GET /smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n");
    await later.closed;
    expect(world.requests).toBe(2);
  });

  test.each(["xchunked", "gzip, chunked"])(
    "transfer-encoding %s · is told as it is, and the connection ends",
    async (coding) => {
      const client = await world.client();
      world.onRequest = (exchange) => exchange.respond(ok(), exchange.head.transferEncoding ?? "none");
      client.send(`POST / HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`);
      await client.closed;
      if (world.requests > 0) expect(client.text).toContain(coding);
      else expect(client.text).toMatch(/^HTTP\/1\.1 400/);
    },
  );

  test.each(["Content-Length: ", ": nameless\r\nContent-Length: 44", "X-Nothing: 1"])(
    "a POST with %j, so without a length to be seen · is answered, and its connection ends",
    async (lines) => {
      const client = await world.client();
      client.send(`POST / HTTP/1.1\r\nHost: gateway\r\n${lines}\r\n\r\n`);
      expect((await client.answer()).headers.get("connection")).toBe("close");
      client.send("GET /smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n");
      await client.closed;
      expect(world.requests).toBe(1);
    },
  );

  test.each([10, 60])("a length of 0 in a head cut after %i bytes · an empty body, at once", async (cut) => {
    const bytes =
      "POST / HTTP/1.1\r\nHost: gateway\r\nX-Filling: aaaaaaaaaaaaaaaaaaa\r\nContent-Length: 0\r\n\r\n";
    const client = await world.client();
    client.send(bytes.slice(0, cut));
    // Another connection's answer shows that the first piece has been taken.
    await (await world.client()).post("x").answer();
    expect((await client.send(bytes.slice(cut)).answer()).body).toBe("complete ");
  });

  test("a chunked request · is answered, and its connection ends", async () => {
    const client = await world.client();
    client.send(
      "POST / HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    const answer = await client.answer();
    expect([answer.body, answer.headers.get("connection")]).toEqual(["complete abcde", "close"]);
    await client.closed;
  });

  test("a chunked request that is answered from its head · what stands behind is no second request", async () => {
    const client = await world.client();
    world.onRequest = (exchange) => exchange.respond(ok(), "from the head");
    const chunks = "GET / HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
    client.send(`${chunks}GET /smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    await client.closed;
    expect(world.requests).toBe(1);
  });

  test("a chunked request answered by a stream · says that the connection ends, and no more is read from it", async () => {
    const client = await world.client();
    const arriving = world.nextExchange();
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n");
    const exchange = await arriving;
    await exchange.body;
    exchange.start(ok(), Buffer.from("first"));
    exchange.finish(Buffer.from("last"));
    await client.until((text) => text.endsWith("\r\n0\r\n\r\n"));
    expect(client.text).toMatch(/\r\nconnection: close\r\n/i);
    expect(client.text).toMatch(/\r\n5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n$/);
    client.send("GET /smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n");
    // Another connection's answer shows that the server has had its turn.
    world.onRequest = (other) => void echo(other);
    await (await world.client()).post("x").answer();
    expect(world.requests).toBe(2);
  });
});
