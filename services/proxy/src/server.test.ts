import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RawClient } from "./server.test-client.ts";
import { echo, ok, ServerWorld } from "./server.test-world.ts";

let world: ServerWorld;
beforeEach(async () => {
  world = await ServerWorld.open();
});
afterEach(() => world.close());

describe("keep-alive", () => {
  test("two requests · are answered in turn on one connection, each with an id of its own", async () => {
    const client = await world.client();
    expect(await client.post("one").answer()).toMatchObject({ status: 200, body: "complete one" });
    expect(world.lastExchange?.id).toBe("id-1");
    expect(await client.post("two").answer()).toMatchObject({ body: "complete two" });
    expect(world.lastExchange?.id).toBe("id-2");
  });

  test("the head · holds each header on a line of its own, and does not name the library", async () => {
    const { headers } = await (await world.client()).post("").answer();
    expect([headers.get("content-type"), headers.get("x-one")]).toEqual(["text/plain", "1"]);
    expect([...headers.keys()]).not.toContain("uwebsockets");
    expect(headers.has("connection")).toBe(false);
  });

  test("HEAD · the length without the body, and the connection goes on", async () => {
    const client = await world.client();
    world.onRequest = (exchange) => exchange.respond(ok(), "12345");
    const answer = await client.send("HEAD / HTTP/1.1\r\nHost: gateway\r\n\r\n").answer(true);
    expect(answer.headers.get("content-length")).toBe("5");
    world.onRequest = (exchange) => void echo(exchange);
    expect(await client.post("after").answer()).toMatchObject({ body: "complete after" });
  });

  test("HEAD while draining · says that the connection ends", async () => {
    world.draining = true;
    const answer = await (await world.client()).send("HEAD / HTTP/1.1\r\nHost: gateway\r\n\r\n").answer(true);
    expect([answer.headers.get("content-length"), answer.headers.get("connection")]).toEqual(["9", "close"]);
  });

  test("GET · has an empty body at once", async () => {
    const client = await world.client();
    expect(await client.send("GET /x?y=1 HTTP/1.1\r\nHost: gateway\r\n\r\n").answer()).toMatchObject({
      body: "complete ",
    });
    expect(world.lastExchange?.head).toMatchObject({ method: "GET", path: "/x" });
  });
});

describe("the body", () => {
  test("of many pieces · arrives whole", async () => {
    const client = await world.client();
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 9\r\n\r\nabc");
    await nextTurn();
    client.send("def");
    await nextTurn();
    expect(await client.send("ghi").answer()).toMatchObject({ body: "complete abcdefghi" });
  });

  test("at the limit · is taken; one byte more · is too large, and the connection ends", async () => {
    const client = await world.client();
    expect((await client.post("x".repeat(1_000)).answer()).body).toHaveLength(1_009);
    const answer = await client.post("x".repeat(1_001)).answer();
    expect([answer.body, answer.headers.get("connection")]).toEqual(["too-large", "close"]);
    await client.closed;
  });

  test("chunked beyond the limit · is too large before its end has come", async () => {
    const client = await world.client();
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let index = 0; index < 3; index++) client.send(`200\r\n${"x".repeat(512)}\r\n`);
    expect(await client.answer()).toMatchObject({ body: "too-large" });
    await client.closed;
  });

  test("that does not come · times out before the parser's own cut, and the connection ends", async () => {
    const client = await world.client();
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 9\r\n\r\nabc");
    expect(await client.answer()).toMatchObject({ body: "timed-out" });
    await client.closed;
  });

  test("whose client leaves · is gone", async () => {
    const client = await world.client();
    const arriving = world.nextExchange();
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 9\r\n\r\nabc");
    const exchange = await arriving;
    client.socket.destroy();
    expect(await exchange.body).toEqual({ kind: "gone" });
    expect(exchange.closed).toBe("client-gone");
    expect(world.deadlines.size).toBe(0);
  });

  test("answered before it came · the connection ends, and nothing waits for the rest", async () => {
    const client = await world.client();
    world.onRequest = (exchange) => exchange.respond(ok(), "early");
    client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 9\r\n\r\nabc");
    const answer = await client.answer();
    expect([answer.body, answer.headers.get("connection")]).toEqual(["early", "close"]);
    await client.closed;
    expect(world.deadlines.size).toBe(0);
    expect(await world.lastExchange?.body).toEqual({ kind: "gone" });
  });
});

describe("draining", () => {
  test("a whole answer · ends its connection and says so", async () => {
    const client = await world.client();
    world.draining = true;
    expect((await client.post("x").answer()).headers.get("connection")).toBe("close");
    await client.closed;
  });

  test("a stream · says that its connection ends; one begun before · is finished as it is", async () => {
    const [before, during] = [await world.client(), await world.client()];
    for (const client of [before, during]) {
      const arriving = world.nextExchange();
      client.post("x");
      const exchange = await arriving;
      await exchange.body;
      exchange.start(ok(), Buffer.from("first"));
      world.draining = true;
      exchange.finish(Buffer.from("last"));
      await client.until((text) => text.endsWith("first\r\n4\r\nlast\r\n0\r\n\r\n"));
    }
    expect(before.text).not.toMatch(/connection: close/i);
    expect(during.text).toMatch(/\r\nconnection: close\r\n/i);
  });

  test("stopListening · takes no new connection and keeps the open ones", async () => {
    const client = await world.client();
    world.server.port.stopListening();
    await expect(RawClient.open(world.port)).rejects.toThrow("ECONNREFUSED");
    expect(await client.post("still").answer()).toMatchObject({ body: "complete still" });
  });

  test("interruptAll · tells whatever is under way, which may still end in words", async () => {
    const client = await world.client();
    const arriving = world.nextExchange();
    client.post("x");
    const exchange = await arriving;
    await exchange.body;
    exchange.start(ok(), Buffer.from("first"));
    exchange.onInterruption((reason) => exchange.finish(Buffer.from(reason)));
    world.server.interruptAll();
    world.server.interruptAll();
    await client.until((text) => text.endsWith("0\r\n\r\n"));
    expect(client.text).toMatch(/first\r\nf\r\nserver-stopping\r\n0\r\n\r\n$/);
  });

  test("close · ends open connections, and their requests learn of it", async () => {
    const client = await world.client();
    const arriving = world.nextExchange();
    client.post("x");
    const exchange = await arriving;
    const left = new Promise((resolve) => exchange.onInterruption(resolve));
    world.server.close();
    expect(await left).toBe("client-gone");
    await client.closed;
  });
});

describe("a client that leaves", () => {
  test("before the answer · is seen, and what is sent after goes nowhere", async () => {
    const client = await world.client();
    const arriving = world.nextExchange();
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
    const client = await world.client();
    const arriving = world.nextExchange();
    client.post("x");
    const exchange = await arriving;
    await exchange.body;
    exchange.start(ok(), Buffer.from("first"));
    await client.until((text) => text.includes("first"));
    const left = new Promise((resolve) => exchange.onInterruption(resolve));
    client.socket.destroy();
    expect(await left).toBe("client-gone");
    expect(world.deadlines.size).toBe(0);
  });

  test("after the answer · is nobody's concern", async () => {
    const client = await world.client();
    await client.post("x").answer();
    client.socket.end();
    await once(client.socket, "close");
    expect(world.lastExchange?.closed).toBeNull();
  });
});

describe("listen", () => {
  test("an address that the machine does not have · rejects with a sentence", async () => {
    await expect(world.server.port.listen("192.0.2.1", world.port)).rejects.toThrow(
      `cannot listen on 192.0.2.1:${world.port}`,
    );
  });
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
