import { connect, type Socket } from "node:net";
import { expect, it } from "vitest";
import { distribution, percentile, report } from "../harness/figures.ts";
import { chat } from "../harness/gateway-client.ts";
import { residentBytes } from "../harness/process-tree.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";

const stalledReaders = 200;
const paceMs = 20;
const mebibyte = 1024 * 1024;

/** A client that sends a request for an endless stream, reads its head, and then nothing more. */
type StalledReader = { socket: Socket; closedAt: number | null };

it("200 stalled readers · memory bounded, closed after 30 s, other streams keep their pace", async () => {
  await using stack = await startStack();
  const { apiKey } = await stack.createWorkspace();
  const calm = await measurePace(stack, apiKey, 3000);
  const pids = await stack.proxy().pids();
  const before = await residentBytes(pids);

  const startedAt = performance.now();
  const readers = Array.from({ length: stalledReaders }, () => stall(stack, apiKey));
  const pace = measurePace(stack, apiKey, 20_000);
  let most = 0;
  const allClosed = waitUntil(
    async () => {
      most = Math.max(most, await residentBytes(pids));
      return readers.every((reader) => reader.closedAt !== null) ? true : null;
    },
    { what: "every stalled reader to be closed", timeoutMs: 60_000, pollMs: 200 },
  );
  const during = await pace;
  await allClosed;

  const growth = (most - before) / mebibyte;
  const closings = readers.map((reader) => ((reader.closedAt ?? 0) - startedAt) / 1000);
  report(`${stalledReaders} stalled readers: the proxy grows by ${growth.toFixed(1)} MiB at most`);
  report(`stalled readers closed after: ${distribution(closings, "s")}`);
  report(`gap of other streams' chunks at a pace of ${paceMs} ms: alone ${distribution(calm, "ms")}`);
  report(`gap of other streams' chunks beside stalled readers: ${distribution(during, "ms")}`);
  expect(growth).toBeLessThanOrEqual(50);
  expect(Math.min(...closings)).toBeGreaterThanOrEqual(28);
  expect(Math.max(...closings)).toBeLessThanOrEqual(38);
  expect(percentile(during, 0.99)).toBeLessThanOrEqual(Math.max(2 * percentile(calm, 0.99), paceMs + 50));
  await untilProviderIsReleased(stack);
});

function stall(stack: Stack, apiKey: string): StalledReader {
  const { hostname, port } = new URL(stack.proxyUrl);
  const body = JSON.stringify(chat("mock?chunks=endless", { stream: true }));
  const socket = connect(Number(port), hostname);
  const reader: StalledReader = { socket, closedAt: null };
  const closed = (): void => {
    reader.closedAt ??= performance.now();
  };
  socket.on("error", closed);
  socket.on("close", closed);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${apiKey}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  return reader;
}

/** Gaps between the chunks of eight streams that are read as they come, in milliseconds. */
async function measurePace(stack: Stack, apiKey: string, forMs: number): Promise<number[]> {
  const stop = AbortSignal.timeout(forMs);
  const streams = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const answer = await fetch(`${stack.proxyUrl}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify(chat(`mock?chunks=endless&pace=${paceMs}`, { stream: true })),
        signal: stop,
      });
      return gapsOf(answer.body ?? new ReadableStream(), stop);
    }),
  );
  return streams.flat();
}

async function gapsOf(stream: ReadableStream<Uint8Array>, stop: AbortSignal): Promise<number[]> {
  const gaps: number[] = [];
  let last: number | null = null;
  try {
    for await (const _ of stream) {
      const now = performance.now();
      if (last !== null) gaps.push(now - last);
      last = now;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  return gaps;
}

async function untilProviderIsReleased(stack: Stack): Promise<void> {
  await waitUntil(async () => ((await stack.mock.totals()).open === 0 ? true : null), {
    what: "the provider's calls to be closed",
    timeoutMs: 5000,
  });
}
