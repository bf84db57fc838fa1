import { hash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";
import type { Exchange, ResponseHead } from "./exchange.ts";
import { freePort } from "./server.test-client.ts";
import { createServer, type Server } from "./server.ts";

const total = 16 * 1_048_576;
const head: ResponseHead = { status: 200, headers: [["content-type", "text/plain"]], closeConnection: false };
const request = "POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1\r\n\r\nx";

/** Bytes of which no two pieces of the same length are alike. */
const payload = Buffer.alloc(total);
for (let at = 0; at < total; at += 4) payload.writeUInt32BE(Math.imul(at, 2_654_435_761) >>> 0, at);

let deadlines: Deadlines;
let server: Server;
let exchangeArrives: Promise<Exchange>;
let socket: Socket;

async function start(stalledReaderTimeoutMs: number): Promise<void> {
  const port = await freePort();
  const arriving = Promise.withResolvers<Exchange>();
  exchangeArrives = arriving.promise;
  server = createServer({
    deadlines,
    now: () => performance.now(),
    newId: () => "id",
    maxBodyBytes: 1_000,
    bodyTimeoutMs: 9_000,
    stalledReaderTimeoutMs,
    isDraining: () => false,
    onRequest: arriving.resolve,
  });
  await server.port.listen("127.0.0.1", port);
  socket = connect({ host: "127.0.0.1", port });
  // A reset by the server is an end like any other here.
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(request);
}

/** Streams the payload in pieces, waiting whenever the exchange is backed up, as relay does. */
function stream(exchange: Exchange, pieceBytes: number) {
  const progress = { handed: 0, waits: 0 };
  const stalled = Promise.withResolvers<void>();
  const pump = () => {
    while (progress.handed < total) {
      const piece = payload.subarray(progress.handed, progress.handed + pieceBytes);
      const outcome = progress.handed === 0 ? exchange.start(head, piece) : exchange.write(piece);
      progress.handed += piece.length;
      if (outcome === "backed-up") {
        progress.waits++;
        stalled.resolve();
        return;
      }
    }
    exchange.finish(Buffer.from("the end"));
  };
  exchange.onDrain(pump);
  pump();
  return { progress, stalled: stalled.promise };
}

/** The body of a chunked answer (RFC 9112, 7.1). */
function unchunk(answer: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let at = answer.indexOf("\r\n\r\n") + 4;
  for (;;) {
    const lineEnd = answer.indexOf("\r\n", at);
    const length = Number.parseInt(answer.toString("latin1", at, lineEnd), 16);
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(answer.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
}

beforeEach(() => {
  deadlines = new Deadlines(() => performance.now());
  deadlines.start();
});

afterEach(() => {
  socket.destroy();
  server.close();
  deadlines.stop();
});

describe("a slow reader", () => {
  test.each([300, 16_384, 200_000, total])(
    "pieces of %i bytes · 16 MiB arrive intact",
    async (pieceBytes) => {
      await start(30_000);
      const received: Buffer[] = [];
      const exchange = await exchangeArrives;
      await exchange.body;
      const { progress, stalled } = stream(exchange, pieceBytes);
      await stalled;
      // Nothing has been read yet, so what was handed over lies in the kernel's buffers, but for a piece.
      if (pieceBytes < total) expect(progress.handed).toBeLessThan(total);
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      let last = "";
      socket.on("data", (chunk: Buffer) => {
        received.push(chunk);
        last = (last + chunk.toString("latin1", Math.max(0, chunk.length - 16))).slice(-16);
        if (last.endsWith("the end\r\n0\r\n\r\n")) resolve();
        // Reads a little at a time, so that the writer is held up again and again.
        socket.pause();
        setImmediate(() => socket.resume());
      });
      await ended;
      const body = unchunk(Buffer.concat(received));
      expect(body.length).toBe(total + 7);
      expect(hash("sha256", body.subarray(0, total))).toBe(hash("sha256", payload));
      expect(body.toString("latin1", total)).toBe("the end");
      expect(exchange.closed).toBeNull();
      expect(deadlines.size).toBe(0);
    },
  );
});

describe("a reader that has stopped", () => {
  test("is closed after its time, and the request learns why", async () => {
    await start(200);
    const exchange = await exchangeArrives;
    await exchange.body;
    socket.pause();
    const left = new Promise((resolve) => exchange.onInterruption(resolve));
    const { progress, stalled } = stream(exchange, 65_536);
    await stalled;
    const handedWhenStalled = progress.handed;
    expect(await left).toBe("client-stalled");
    expect(progress.handed).toBe(handedWhenStalled);
    socket.resume();
    await once(socket, "close");
    expect(deadlines.size).toBe(0);
  });

  test("and reads on in time · gets everything", async () => {
    await start(30_000);
    const exchange = await exchangeArrives;
    await exchange.body;
    socket.pause();
    const { stalled } = stream(exchange, 65_536);
    await stalled;
    let received = 0;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (chunk.subarray(-12).includes("\r\n0\r\n\r\n")) resolve();
    });
    socket.resume();
    await ended;
    expect(received).toBeGreaterThan(total);
    expect(exchange.closed).toBeNull();
  });
});
