import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setInterval as every } from "node:timers/promises";
import { expect } from "vitest";
import { distribution, percentile, report } from "../../harness/figures.ts";
import { chat } from "../../harness/gateway-client.ts";
import { residentBytes } from "../../harness/process-tree.ts";
import { untilInFlight } from "../../harness/proxy-metrics.ts";
import { contentChunks, openRawClient, rawChat } from "../../harness/raw-client.ts";
import type { Stack } from "../../harness/stack.ts";
import { measurePace } from "../../harness/stream-pace.ts";
import { waitUntil } from "../../harness/wait-until.ts";

const mebibyte = 1024 * 1024;
const paceMs = 20;

/**
 * So many streams are reset in the same moment. Nothing is lost or left open, and streams beside them keep their pace.
 */
export async function checkDisconnectStorm(stack: Stack, streams: number): Promise<void> {
  const bystander = await stack.createWorkspace();
  const workspace = await stack.createWorkspace();
  const calm = await measurePace(stack, { apiKey: bystander.apiKey, paceMs, forMs: 2000 });
  const requestIds = Array.from({ length: streams }, (_, index) => `disconnect-storm-${index}`);
  const clients = await Promise.all(
    requestIds.map(async (requestId) => {
      const client = await openRawClient(stack.proxyUrl);
      const body = chat("mock?chunks=endless&pace=500&key=storm", { stream: true });
      client.send(rawChat({ ...workspace, body, headers: [`x-request-id: ${requestId}`] }));
      await client.until((text) => contentChunks(text) >= 1);
      return client;
    }),
  );
  const pace = measurePace(stack, { apiKey: bystander.apiKey, paceMs, forMs: 4000 });
  await untilInFlight(stack.proxyUrl, streams + 8);
  const resetAt = Date.now();
  for (const client of clients) client.reset();
  const during = await pace;
  await untilInFlight(stack.proxyUrl, 0);

  const rows = await stack.rows.untilLogged(workspace.id, requestIds, 60_000);
  expect(rows).toHaveLength(streams);
  expect(new Set(rows.map(({ status_code }) => status_code))).toEqual(new Set([499]));
  const closings = (await stack.mock.records("mock?chunks=endless&pace=500&key=storm")).map(
    ({ client_closed_at }) => (client_closed_at ?? Number.POSITIVE_INFINITY) - resetAt,
  );
  report(
    `${streams} streams reset at once: the provider's calls are closed after ${distribution(closings, "ms")}`,
  );
  reportPace(`${streams} streams reset at once`, calm, during);
  expect(Math.max(...closings)).toBeLessThanOrEqual(5_000);
}

/** Sizes of the crowd that takes its time. */
export type Crowd = { idle: number; slowHeads: number; slowBodies: number; slowReaders: number };

/** What the HTTP parser gives a connection that does not speak: 8 to 12 s, and what a loaded machine adds. */
const parserPatienceMs = 20_000;
/** Longer than a reader may take nothing. */
const readersWatchedMs = 40_000;

/**
 * Connections that say nothing, heads and bodies that come a byte at a time, readers that take a kilobyte a second. Those
 * who hold up their own request are closed or told so; the slow readers are served; nobody else notices.
 */
export async function checkSlowCrowd(stack: Stack, crowd: Crowd): Promise<void> {
  const { apiKey } = await stack.createWorkspace();
  const calm = await measurePace(stack, { apiKey, paceMs, forMs: 3000 });
  const pids = await stack.proxy().pids();
  const before = await residentBytes(pids);
  const readers = await openAll(stack, crowd.slowReaders);
  const reading = readers.map((socket) => readSlowly(socket, apiKey));

  const holding = [
    holdAll(stack, crowd.idle, () => []),
    holdAll(stack, crowd.slowHeads, () =>
      drip("GET /health HTTP/1.1\r\nhost: gateway\r\n", "x-slow: 1\r\n", 2000),
    ),
    holdAll(stack, crowd.slowBodies, () =>
      drip(rawChat({ apiKey, body: Buffer.alloc(0), contentLength: 5000 }).toString("latin1"), " ", 1000),
    ),
  ];
  const during = await measurePace(stack, { apiKey, paceMs, forMs: 8000 });
  const [idle = [], heads = [], bodies = []] = await Promise.all(holding);
  const kept = await Promise.all(reading);
  const grown = ((await residentBytes(pids)) - before) / mebibyte;

  for (const { closedAfterMs } of [...idle, ...heads, ...bodies]) {
    expect(closedAfterMs).toBeLessThanOrEqual(parserPatienceMs);
  }
  expect(new Set(bodies.map(({ text }) => text.slice(0, 12)))).toEqual(new Set(["HTTP/1.1 408"]));
  const seconds = (held: Held[]) =>
    distribution(
      held.map(({ closedAfterMs }) => closedAfterMs / 1000),
      "s",
    );
  report(`${crowd.idle} idle connections closed after ${seconds(idle)}`);
  report(`${crowd.slowHeads} heads of a line every 2 s closed after ${seconds(heads)}`);
  report(`${crowd.slowBodies} bodies of a byte a second answered with 408 after ${seconds(bodies)}`);
  reportPace("beside the slow crowd", calm, during);
  expect(kept.filter(({ alive }) => !alive)).toEqual([]);
  report(
    `${crowd.slowReaders} readers of 1 KB/s from an upstream of 1 MB/s: all served after ${readersWatchedMs / 1000} s; ` +
      `the proxy has grown by ${grown.toFixed(1)} MiB, the crowd included`,
  );
  expect(grown).toBeLessThanOrEqual(64);
  await untilInFlight(stack.proxyUrl, 0);
}

type Held = { closedAfterMs: number; text: string };

async function openAll(stack: Stack, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(stack.proxyUrl);
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => undefined);
      await once(socket, "connect");
      return socket;
    }),
  );
}

/** Opens connections, sends what `words` says, and waits until each is closed by the gateway. */
async function holdAll(
  stack: Stack,
  count: number,
  words: () => AsyncIterable<string> | Iterable<string>,
): Promise<Held[]> {
  const sockets = await openAll(stack, count);
  return Promise.all(
    sockets.map(async (socket) => {
      const openedAt = performance.now();
      let text = "";
      socket.setEncoding("latin1").on("data", (piece: string) => {
        text += piece;
      });
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      for await (const word of words()) {
        if (socket.destroyed || socket.readableEnded) break;
        socket.write(word, "latin1");
      }
      await closed;
      return { closedAfterMs: performance.now() - openedAt, text };
    }),
  );
}

/** The beginning at once, then the same piece again and again. */
async function* drip(beginning: string, piece: string, everyMs: number): AsyncIterable<string> {
  yield beginning;
  for await (const _ of every(everyMs)) yield piece;
}

/** Asks for a stream of a megabyte a second and takes a kilobyte a second of it. */
async function readSlowly(socket: Socket, apiKey: string): Promise<{ alive: boolean; read: number }> {
  const body = chat("mock?chunks=endless&chunk_bytes=4096&pace=4&key=slow-reader", { stream: true });
  socket.write(rawChat({ apiKey, body }));
  // Without a listener of `data` the socket takes only as much as it is asked for.
  socket.on("readable", () => undefined);
  const until = performance.now() + readersWatchedMs;
  let read = 0;
  for await (const _ of every(1000)) {
    const piece: Buffer | null = socket.read(1000) ?? socket.read();
    read += piece?.length ?? 0;
    if (socket.closed || performance.now() > until) break;
  }
  const alive = !socket.closed && read > 0;
  socket.destroy();
  return { alive, read };
}

function reportPace(when: string, calm: number[], during: number[]): void {
  report(
    `${when}: gaps of other streams' chunks at a pace of ${paceMs} ms, alone ${distribution(calm, "ms")}`,
  );
  report(`${when}: meanwhile ${distribution(during, "ms")}`);
  expect(percentile(during, 0.99)).toBeLessThanOrEqual(percentile(calm, 0.99) + 500);
}

/** A request of the greatest cost to read, and how long others wait for it. */
export async function checkMostExpensiveBody(stack: Stack, apiKey: string, body: Buffer): Promise<void> {
  const client = await openRawClient(stack.proxyUrl);
  let over = false;
  const waits: number[] = [];
  const probing = (async () => {
    while (!over) {
      const sentAt = performance.now();
      await (await fetch(`${stack.proxyUrl}/health`)).text();
      waits.push(performance.now() - sentAt);
    }
  })();
  client.send(rawChat({ apiKey, body }));
  const sentAt = performance.now();
  const text = await client.until((seen) => seen.startsWith("HTTP/1.1 "));
  const tookMs = performance.now() - sentAt;
  over = true;
  await probing;
  client.reset();
  expect([200, 400, 413]).toContain(Number(text.slice(9, 12)));
  report(
    `a million keys in ${(body.length / mebibyte).toFixed(1)} MiB: answered with ${text.slice(9, 12)} after ` +
      `${tookMs.toFixed(0)} ms; others wait ${distribution(waits, "ms")}`,
  );
  await waitUntil(async () => ((await fetch(`${stack.proxyUrl}/ready`)).ok ? true : null), {
    what: "the gateway to be ready",
    timeoutMs: 5000,
  });
}
