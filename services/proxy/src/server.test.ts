import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";
import type { BodyOutcome, Exchange, ResponseHead } from "./exchange.ts";
import { freePort, RawClient } from "./server.test-client.ts";
import { createServer, type Server } from "./server.ts";

const ok = (closeConnection = false): ResponseHead => ({
  status: 200,
  headers: [
    ["content-type", "text/plain"],
    ["x-one", "1"],
  ],
  closeConnection,
});

/** Answers with how the body ended, as the phases do. */
async function echo(exchange: Exchange): Promise<void> {
  const outcome: BodyOutcome = await exchange.body;
  const said = outcome.kind === "complete" ? `complete ${outcome.body.toString("latin1")}` : outcome.kind;
  exchange.respond(ok(outcome.kind !== "complete"), said);
}

const state = { draining: false, nextId: 0 };
let deadlines: Deadlines;
let server: Server;
let port = 0;
let onRequest: (exchange: Exchange) => void = () => undefined;
let lastExchange: Exchange | null = null;
const clients: RawClient[] = [];

const open = async (): Promise<RawClient> => {
  const client = await RawClient.open(port);
  clients.push(client);
  return client;
};
/** Resolves with the next request that arrives. */
const nextExchange = (): Promise<Exchange> =>
  new Promise((resolve) => {
    onRequest = resolve;
  });

beforeEach(async () => {
  Object.assign(state, { draining: false, nextId: 0 });
  onRequest = (exchange) => void echo(exchange);
  deadlines = new Deadlines(() => performance.now());
  deadlines.start();
  port = await freePort();
  server = createServer({
    deadlines,
    now: () => performance.now(),
    newId: () => `id-${++state.nextId}`,
    maxBodyBytes: 1_000,
    bodyTimeoutMs: 150,
    stalledReaderTimeoutMs: 300,
    isDraining: () => state.draining,
    onRequest: (exchange) => {
      lastExchange = exchange;
      onRequest(exchange);
    },
  });
  await server.listen("127.0.0.1", port);
});

afterEach(() => {
  for (const client of clients.splice(0)) client.socket.destroy();
  server.close();
  deadlines.stop();
});

describe("keep-alive", () => {
  test("two requests · are answered in turn on one connection, each with an id of its own", async () => {
    const client = await open();
    expect(await client.post("one").answer()).toMatchObject({ status: 200, body: "complete one" });
    expect(lastExchange?.id).toBe("id-1");
    expect(await client.post("two").answer()).toMatchObject({ body: "complete two" });
    expect(lastExchange?.id).toBe("id-2");
  });

  test("the head · holds each header on a line of its own, and does not name the library", async () => {
    const { headers } = await (await open()).post("").answer();
    expect([headers.get("content-type"), headers.get("x-one")]).toEqual(["text/plain", "1"]);
    expect([...headers.keys()]).not.toContain("uwebsockets");
    expect(headers.has("connection")).toBe(false);
  });

  test("HEAD · the length without the body, and the connection goes on", async () => {
    const client = await open();
    onRequest = (exchange) => exchange.respond(ok(), "12345");
    const answer = await client.send("HEAD / HTTP/1.1\r\nHost: gateway\r\n\r\n").answer(true);
    expect(answer.headers.get("content-length")).toBe("5");
    onRequest = (exchange) => void echo(exchange);
    expect(await client.post("after").answer()).toMatchObject({ body: "complete after" });
  });

  test("GET · has an empty body at once", async () => {
    const client = await open();
    expect(await client.send("GET /x?y=1 HTTP/1.1\r\nHost: gateway\r\n\r\n").answer()).toMatchObject({
      body: "complete ",
    });
    expect(lastExchange?.head).toMatchObject({ method: "GET", path: "/x" });
  });
});

describe("the body", () => {
  test("of many pieces · arrives whole", async () => {
    const client = await open();
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 9\r\n\r\nabc");
    await nextTurn();
    client.send("def");
    await nextTurn();
    expect(await client.send("ghi").answer()).toMatchObject({ body: "complete abcdefghi" });
  });

  test("at the limit · is taken; one byte more · is too large, and the connection ends", async () => {
    const client = await open();
    expect((await client.post("x".repeat(1_000)).answer()).body).toHaveLength(1_009);
    const answer = await client.post("x".repeat(1_001)).answer();
    expect([answer.body, answer.headers.get("connection")]).toEqual(["too-large", "close"]);
    await client.closed;
  });

  test("chunked beyond the limit · is too large before its end has come", async () => {
    const client = await open();
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let index = 0; index < 3; index++) client.send(`200\r\n${"x".repeat(512)}\r\n`);
    expect(await client.answer()).toMatchObject({ body: "too-large" });
    await client.closed;
  });

  test("that does not come · times out before the parser's own cut, and the connection ends", async () => {
    const client = await open();
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 9\r\n\r\nabc");
    expect(await client.answer()).toMatchObject({ body: "timed-out" });
    await client.closed;
  });

  test("whose client leaves · is gone", async () => {
    const client = await open();
    const arriving = nextExchange();
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 9\r\n\r\nabc");
    const exchange = await arriving;
    client.socket.destroy();
    expect(await exchange.body).toEqual({ kind: "gone" });
    expect(exchange.closed).toBe("client-gone");
    expect(deadlines.size).toBe(0);
  });

  test("answered before it came · the connection ends, and nothing waits for the rest", async () => {
    const client = await open();
    onRequest = (exchange) => exchange.respond(ok(), "early");
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 9\r\n\r\nabc");
    const answer = await client.answer();
    expect([answer.body, answer.headers.get("connection")]).toEqual(["early", "close"]);
    await client.closed;
    expect(deadlines.size).toBe(0);
    expect(await lastExchange?.body).toEqual({ kind: "gone" });
  });
});

describe("framing that two parsers could read differently", () => {
  test.each([
    ["Authorization: a\r\nAuthorization: b", "authorization"],
    ["X-Api-Key: a\r\nx-api-key: b", "x-api-key"],
    ["Content-Type: a\r\nContent-Type: b", "content-type"],
  ])("%j · reported, and the connection ends", async (lines, duplicate) => {
    const client = await open();
    const answer = await client.send(`GET / HTTP/1.1\r\nHost: gateway\r\n${lines}\r\n\r\n`).answer();
    expect(lastExchange?.head.duplicateHeader).toBe(duplicate);
    expect(answer.headers.get("connection")).toBe("close");
    await client.closed;
  });

  test("two lengths · reported, and what stands behind is no second request", async () => {
    const client = await open();
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n";
    // The head alone decides, as in the accept phase.
    onRequest = (exchange) => exchange.respond(ok(), String(exchange.head.duplicateHeader));
    client.send(
      `POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n${smuggled}`,
    );
    await client.closed;
    expect(state.nextId).toBeLessThanOrEqual(1);
    expect(client.text.split("HTTP/1.1")).toHaveLength(2);
  });

  test.each(["xchunked", "gzip, chunked"])(
    "transfer-encoding %s · is told as it is, and the connection ends",
    async (coding) => {
      const client = await open();
      onRequest = (exchange) => exchange.respond(ok(), exchange.head.transferEncoding ?? "none");
      client.send(`POST / HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`);
      await client.closed;
      if (state.nextId > 0) expect(client.text).toContain(coding);
      else expect(client.text).toMatch(/^HTTP\/1\.1 400/);
    },
  );

  test("a chunked request · is answered, and its connection ends", async () => {
    const client = await open();
    client.send(
      "POST / HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    const answer = await client.answer();
    expect([answer.body, answer.headers.get("connection")]).toEqual(["complete abcde", "close"]);
    await client.closed;
  });

  test("a chunked request answered by a stream · its connection ends too", async () => {
    const client = await open();
    const arriving = nextExchange();
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n");
    const exchange = await arriving;
    await exchange.body;
    exchange.start(ok(), Buffer.from("first"));
    exchange.finish(Buffer.from("last"));
    await client.closed;
    expect(client.text).toMatch(/\r\nconnection: close\r\n/i);
    expect(client.text).toMatch(/5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n$/);
  });
});

describe("draining", () => {
  test("a whole answer · ends its connection and says so", async () => {
    const client = await open();
    state.draining = true;
    expect((await client.post("x").answer()).headers.get("connection")).toBe("close");
    await client.closed;
  });

  test("a stream begun before · is finished, then its connection ends", async () => {
    const client = await open();
    const arriving = nextExchange();
    client.post("x");
    const exchange = await arriving;
    await exchange.body;
    exchange.start(ok(), Buffer.from("first"));
    state.draining = true;
    exchange.write(Buffer.from("more"));
    exchange.finish(Buffer.from("last"));
    await client.closed;
    expect(client.text).toMatch(/first\r\n4\r\nmore\r\n4\r\nlast\r\n0\r\n\r\n$/);
  });

  test("stopListening · takes no new connection and keeps the open ones", async () => {
    const client = await open();
    server.stopListening();
    await expect(RawClient.open(port)).rejects.toThrow("ECONNREFUSED");
    expect(await client.post("still").answer()).toMatchObject({ body: "complete still" });
  });

  test("close · ends open connections, and their requests learn of it", async () => {
    const client = await open();
    const arriving = nextExchange();
    client.post("x");
    const exchange = await arriving;
    const left = new Promise((resolve) => exchange.onInterruption(resolve));
    server.close();
    expect(await left).toBe("client-gone");
    await client.closed;
  });
});

describe("a client that leaves", () => {
  test("before the answer · is seen, and what is sent after goes nowhere", async () => {
    const client = await open();
    const arriving = nextExchange();
    client.post("x");
    const exchange = await arriving;
    await exchange.body;
    const left = new Promise((resolve) => exchange.onInterruption(resolve));
    client.socket.resetAndDestroy();
    expect(await left).toBe("client-gone");
    exchange.respond(ok(), "late");
    expect(exchange.start(ok(), Buffer.from("late"))).toBe("flowing");
    expect(exchange.write(Buffer.from("late"))).toBe("flowing");
    exchange.finish(Buffer.from("late"));
    const told: unknown[] = [];
    exchange.onInterruption((reason) => told.push(reason));
    expect(told).toEqual(["client-gone"]);
  });

  test("within a stream · is seen", async () => {
    const client = await open();
    const arriving = nextExchange();
    client.post("x");
    const exchange = await arriving;
    await exchange.body;
    exchange.start(ok(), Buffer.from("first"));
    await client.until((text) => text.includes("first"));
    const left = new Promise((resolve) => exchange.onInterruption(resolve));
    client.socket.destroy();
    expect(await left).toBe("client-gone");
    expect(deadlines.size).toBe(0);
  });

  test("after the answer · is nobody's concern", async () => {
    const client = await open();
    await client.post("x").answer();
    client.socket.end();
    await once(client.socket, "close");
    expect(lastExchange?.closed).toBeNull();
  });
});

describe("listen", () => {
  test("an address that the machine does not have · rejects with a sentence", async () => {
    await expect(server.listen("192.0.2.1", port)).rejects.toThrow(`cannot listen on 192.0.2.1:${port}`);
  });
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
