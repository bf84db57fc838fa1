import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Origin, poolTo, type TestPool } from "./origin.test-server.ts";

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const mebibyte = 1_048_576;

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

async function begun(answer: string) {
  const caller = world.call();
  const { socket, closed } = await origin.requests(origin.sides.length, 1);
  socket.write(answer, "latin1");
  return { caller, socket, closed };
}

describe("an answer", () => {
  test("in pieces · is handed on as they come", async () => {
    const { caller, socket } = await begun(`${chunked}3\r\nabc\r\n`);
    await caller.until(() => caller.body === "abc");
    socket.write("2\r\nde\r\n0\r\n\r\n");
    await caller.ended;
    expect(caller.heard).toEqual(["sent", "head", "data", "data", "end"]);
    expect(caller.body).toBe("abcde");
  });

  test("without a length · is whole when the connection ends in order", async () => {
    const { caller, socket } = await begun("HTTP/1.1 200 OK\r\n\r\nabc");
    socket.end();
    await caller.ended;
    expect(caller).toMatchObject({ body: "abc", error: null });
  });

  test("without a length · is broken when the connection is reset", async () => {
    const { caller, socket } = await begun("HTTP/1.1 200 OK\r\n\r\nabc");
    await caller.until(() => caller.body === "abc");
    socket.resetAndDestroy();
    await caller.ended;
    expect(caller.error).toMatchObject({ code: "ECONNRESET" });
  });

  test.each([
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
    `${chunked}5\r\nabc`,
    `${chunked}3\r\nabc\r\n`,
  ])("cut off (%j) · is an error, never an end", async (answer) => {
    const { caller, socket } = await begun(answer);
    socket.end();
    await caller.ended;
    expect(caller.error).toMatchObject({ code: "HTTP1_CONNECTION_CLOSED" });
    expect(caller.body).toBe("abc");
  });

  test("that breaks HTTP half-way · is an error, and its connection is closed", async () => {
    const { caller, closed } = await begun(`${chunked}3\r\nabc\r\nx`);
    await caller.ended;
    expect(caller.error).toMatchObject({ code: "HTTP1_INVALID_RESPONSE" });
    await closed;
  });

  test("before the request has left · counts, and its connection is closed", async () => {
    const caller = world.call(Buffer.alloc(64 * mebibyte, "x"));
    const side = await origin.until(() => origin.sides.find(({ received }) => received.length > 0));
    side.socket.pause();
    side.socket.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
    await caller.ended;
    expect(caller.head?.status).toBe(413);
    expect(caller.body).toBe("no");
    side.socket.resume();
    await side.closed;
  });
});

describe("a request", () => {
  test.each([1_000, 32_768, 32_769, 3 * mebibyte])(
    "with a body of %d bytes · arrives byte for byte",
    async (length) => {
      const body = Buffer.alloc(length, "0123456789abcdef\r\n");
      world.call(body);
      const received = await origin.until(() => {
        const [head = "", ...rest] = (origin.sides[0]?.received ?? "").split("\r\n\r\n");
        const text = rest.join("\r\n\r\n");
        return text.length >= length ? { head, text } : undefined;
      });
      expect(received.head).toContain(`\r\ncontent-length: ${length}`);
      expect(received.text === body.toString("latin1")).toBe(true);
    },
  );
});

describe("the caller", () => {
  test("aborts · hears nothing more, and the connection is closed at once", async () => {
    const { caller, closed } = await begun(`${chunked}3\r\nabc\r\n`);
    await caller.until(() => caller.body === "abc");
    caller.connection?.abort();
    await closed;
    expect(caller.heard).toEqual(["sent", "head", "data"]);
  });

  test("aborts in the midst of a piece · hears nothing more", async () => {
    const caller = world.call();
    caller.onPiece = () => caller.connection?.abort();
    const { socket, closed } = await origin.requests(0, 1);
    socket.write(`${chunked}3\r\nabc\r\n0\r\n\r\n`);
    await closed;
    expect(caller.heard).toEqual(["sent", "head", "data"]);
  });

  test("aborts before there is a connection · nothing is sent", async () => {
    const caller = world.call();
    caller.connection?.abort();
    // The next one's arrival proves that the first could have arrived.
    world.call();
    await origin.until(() => origin.sides.find(({ received }) => received.endsWith("{}")));
    expect(caller.heard).toEqual([]);
    expect(origin.sides.filter(({ received }) => received !== "")).toHaveLength(1);
  });

  test("throws · is told of it as an error, and the connection is closed", async () => {
    const caller = world.call();
    caller.onPiece = () => {
      throw new Error("a defect");
    };
    const { socket, closed } = await origin.requests(0, 1);
    socket.write(`${chunked}3\r\nabc\r\n`);
    await closed;
    expect(caller.error?.message).toBe("a defect");
  });

  test("pauses · the origin is held up, and after resuming no byte is missing", async () => {
    const length = 32 * mebibyte;
    const { caller, socket } = await begun(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
    await caller.until(() => caller.head !== null);
    caller.connection?.pause();
    let isWritten = false;
    socket.write(Buffer.alloc(length, "x"), () => {
      isWritten = true;
    });
    // Loopback buffers fill within a few turns of the loop; the rest would follow at once if it could.
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isWritten).toBe(false);
    expect(caller.body.length).toBeLessThan(mebibyte);
    caller.connection?.resume();
    await caller.ended;
    expect(caller.body).toHaveLength(length);
  });

  test("pauses at the last piece · hears of the end when it resumes, and the connection serves on", async () => {
    const caller = world.call();
    caller.onPiece = () => caller.connection?.pause();
    const { socket } = await origin.requests(0, 1);
    socket.write(`${chunked}3\r\nabc\r\n0\r\n\r\n`);
    await caller.until(() => caller.body === "abc");
    expect(caller.heard).toEqual(["sent", "head", "data"]);
    caller.connection?.resume();
    expect(caller.heard).toEqual(["sent", "head", "data", "end"]);
    const next = world.call();
    await origin.requests(0, 2);
    socket.write(`${chunked}0\r\n\r\n`);
    await next.ended;
    expect(next.connection).toBe(caller.connection);
  });
});
