import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Origin, poolTo, type TestCaller, type TestPool } from "./origin.test-server.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let origin: Origin;
let world: TestPool;
beforeEach(async () => {
  origin = await Origin.start();
  world = poolTo(`http://127.0.0.1:${origin.port}`);
});
afterEach(async () => {
  world.pool.destroy();
  await origin[Symbol.asyncDispose]();
});

/** One call that the origin answers with the bytes. */
async function answered(answer: string, index = 0, count = 1): Promise<TestCaller> {
  const caller = world.call();
  const side = await origin.requests(index, count);
  side.socket.write(answer, "latin1");
  await caller.ended;
  return caller;
}

describe("a kept connection", () => {
  test("its answer whole · serves the next call", async () => {
    const first = await answered(ok);
    const second = await answered(ok.replace("ok", "hi"), 0, 2);
    expect([first.body, second.body]).toEqual(["ok", "hi"]);
    expect(first.heard).toEqual(["sent", "head", "data", "end"]);
    expect(second.connection).toBe(first.connection);
    expect(origin.sides).toHaveLength(1);
  });

  test("the request · is on the wire as it was written", async () => {
    await answered(ok);
    const head = `POST /v1/chat HTTP/1.1\r\nhost: 127.0.0.1:${origin.port}\r\nconnection: keep-alive\r\nx-a: b\r\n`;
    expect(origin.sides[0]?.received).toBe(`${head}content-length: 2\r\n\r\n{}`);
  });

  test("calls at the same time · never share one", async () => {
    const callers = [world.call(), world.call(), world.call()];
    for (const index of [2, 0, 1]) (await origin.requests(index, 1)).socket.write(ok);
    await Promise.all(callers.map(({ ended }) => ended));
    expect(new Set(callers.map(({ connection }) => connection)).size).toBe(3);
  });

  test.each([
    ["that the upstream closes", ok.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")],
    [
      "that the upstream closes among other things",
      ok.replace("\r\n\r\n", "\r\nConnection: x, CLOSE\r\n\r\n"),
    ],
    ["of HTTP/1.0", ok.replace("1.1", "1.0")],
    ["that the upstream keeps for a second", ok.replace("\r\n\r\n", "\r\nKeep-Alive: timeout=1\r\n\r\n")],
    ["with bytes behind the answer", `${ok}x`],
    ["with another answer behind the answer", ok + ok],
    ["with a line end behind the answer", `${ok}\r\n`],
  ])("one %s · is not used again", async (_name, answer) => {
    const first = await answered(answer);
    expect(first.body).toBe("ok");
    await origin.sides[0]?.closed;
    await answered(ok, 1);
    expect(origin.sides).toHaveLength(2);
  });

  test("an answer that comes unasked · ends it, and is nobody's", async () => {
    await answered(ok);
    origin.sides[0]?.socket.write(ok.replace("ok", "no"));
    await origin.sides[0]?.closed;
    expect((await answered(ok, 1)).body).toBe("ok");
  });

  test("an answer before the request has left · is not its answer", async () => {
    await answered(ok);
    world.turn.isHeld = true;
    const second = world.call();
    origin.sides[0]?.socket.write(ok.replace("ok", "no"));
    await second.ended;
    expect(second.error).toMatchObject({ code: "HTTP1_STALE_CONNECTION" });
    expect(second.heard).toEqual(["error"]);
    world.turn.end();
    world.turn.isHeld = false;
    expect((await answered(ok, 1)).body).toBe("ok");
    expect(origin.sides[0]?.received.match(/POST/g)).toHaveLength(1);
  });

  test("given up before the request has left · is closed, and nothing is sent", async () => {
    await answered(ok);
    world.turn.isHeld = true;
    const second = world.call();
    second.connection?.abort();
    world.turn.end();
    await origin.sides[0]?.closed;
    expect(second.heard).toEqual([]);
    expect(origin.sides[0]?.received.match(/POST/g)).toHaveLength(1);
  });

  test("that the upstream ends in silence · is not used again", async () => {
    await answered(ok);
    origin.sides[0]?.socket.end();
    await origin.sides[0]?.closed;
    expect((await answered(ok, 1)).body).toBe("ok");
  });

  test("closed instead of an answer · is told as stale, a fresh one is not", async () => {
    await answered(ok);
    const second = world.call();
    (await origin.requests(0, 2)).socket.destroy();
    await second.ended;
    expect(second.error).toMatchObject({ code: "HTTP1_STALE_CONNECTION" });
    const third = world.call();
    (await origin.requests(1, 1)).socket.destroy();
    await third.ended;
    expect(third.error).toMatchObject({ code: "HTTP1_CONNECTION_CLOSED" });
    expect([second.heard, third.heard]).toEqual([
      ["sent", "error"],
      ["sent", "error"],
    ]);
  });

  test.each(["finish", "resetAndDestroy"] as const)(
    "closed after a byte of the answer (%s) · is not stale",
    async (how) => {
      await answered(ok);
      const second = world.call();
      const { socket } = await origin.requests(0, 2);
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
      await second.until(() => second.body === "he");
      if (how === "finish") socket.end();
      else socket.resetAndDestroy();
      await second.ended;
      expect(second.error).toMatchObject({
        code: how === "finish" ? "HTTP1_CONNECTION_CLOSED" : "ECONNRESET",
      });
    },
  );
});

describe("time", () => {
  test("thirty seconds without a call · the connection is closed", async () => {
    await answered(ok);
    world.clock.now = 29_999;
    world.pool.sweep();
    expect(origin.sides[0]?.socket.destroyed).toBe(false);
    world.clock.now = 30_000;
    world.pool.sweep();
    await origin.sides[0]?.closed;
  });

  test("past its time and not swept yet · is not used again", async () => {
    await answered(ok);
    world.clock.now = 30_000;
    await answered(ok, 1);
    expect(origin.sides).toHaveLength(2);
  });

  test.each([
    [5, 4_000],
    [600, 30_000],
  ])("the upstream keeps it for %d s · it is given up after %d ms", async (seconds, lifeMs) => {
    const answer = ok.replace("\r\n\r\n", `\r\nKeep-Alive: timeout=${seconds}, max=100\r\n\r\n`);
    await answered(answer);
    world.clock.now = lifeMs - 1;
    await answered(answer, 0, 2);
    world.clock.now += lifeMs;
    await answered(answer, 1);
    expect(origin.sides).toHaveLength(2);
  });

  test("no connection in time · is told as such", async () => {
    await using silent = await Origin.start();
    // TLS to a server that never says a word.
    const { call, pool } = poolTo(`https://127.0.0.1:${silent.port}`, 50);
    const caller = call();
    await caller.ended;
    expect(caller.error).toMatchObject({ code: "HTTP1_CONNECT_TIMEOUT" });
    expect(caller.heard).toEqual(["error"]);
    pool.destroy();
  });

  test("nobody listens · the system's own error, and nothing was sent", async () => {
    const gone = await Origin.start();
    const { port } = gone;
    await gone[Symbol.asyncDispose]();
    const caller = poolTo(`http://127.0.0.1:${port}`).call();
    await caller.ended;
    expect(caller.error).toMatchObject({ code: "ECONNREFUSED" });
    expect(caller.heard).toEqual(["error"]);
  });
});

describe("an end of the pool", () => {
  test("retired · idle connections close, a call under way goes on", async () => {
    await answered(ok);
    const [first, second] = [world.call(), world.call()];
    await origin.requests(1, 1);
    origin.sides[0]?.socket.write(ok);
    await first.ended;
    world.pool.retire();
    await origin.sides[0]?.closed;
    origin.sides[1]?.socket.write(ok);
    await second.ended;
    expect(second.body).toBe("ok");
    await origin.sides[1]?.closed;
  });

  test("destroyed · calls under way end with an error", async () => {
    const caller = world.call();
    await origin.requests(0, 1);
    world.pool.destroy();
    await caller.ended;
    expect(caller.error).toMatchObject({ code: "HTTP1_CONNECTION_CLOSED" });
  });
});

describe("a hostile origin", () => {
  test("that answers twice to each request · no call gets the other's answer", async () => {
    for (let round = 0; round < 20; round++) {
      const caller = world.call();
      const side = await origin.until(() =>
        origin.sides.find(({ received, socket }) => !socket.destroyed && received.endsWith("{}")),
      );
      side.received = "";
      const answer = ok
        .replace("Content-Length: 2", "Content-Length: 4")
        .replace(/ok$/, String(1_000 + round));
      side.socket.write(answer);
      await caller.ended;
      expect(caller.body).toBe(String(1_000 + round));
      if (round % 2 === 0) side.socket.write(answer);
      await (round % 2 === 0 ? side.closed : delay(0));
    }
  });
});
