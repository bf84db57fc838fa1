import { connect, type Socket } from "node:net";
import { expect, it } from "vitest";
import { distribution, percentile, report } from "../harness/figures.ts";
import { chat, createGatewayClient } from "../harness/gateway-client.ts";
import { residentBytes } from "../harness/process-tree.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { measurePace } from "../harness/stream-pace.ts";
import { waitUntil } from "../harness/wait-until.ts";

const stalledReaders = 200;
const paceMs = 20;
const mebibyte = 1024 * 1024;

// Large chunks fill the kernel's buffers quickly, so that all readers stand still at about the same time.
const stalledModel = "mock?chunks=endless&chunk_bytes=4096&key=stalled";

it("200 stalled readers · memory bounded, closed after 30 s, other streams keep their pace", async () => {
  await using stack = await startStack();
  const { apiKey } = await stack.createWorkspace();
  await warmUp(stack, apiKey);
  const calm = await measurePace(stack, { apiKey, paceMs, forMs: 3000 });
  const pids = await stack.proxy().pids();
  const before = await residentBytes(pids);

  const sockets = Array.from({ length: stalledReaders }, () => stall(stack, apiKey));
  let most = 0;
  const closed = waitUntil(
    async () => {
      most = Math.max(most, await residentBytes(pids));
      const records = await stack.mock.records(stalledModel);
      const over = records.filter((record) => record.outcome === "client_closed");
      return over.length === stalledReaders ? over : null;
    },
    { what: "the provider's calls of every stalled reader to be closed", timeoutMs: 60_000, pollMs: 200 },
  );
  await untilStandingStill(stack);
  const during = await measurePace(stack, { apiKey, paceMs, forMs: 8000 });
  const records = await closed;

  const growth = (most - before) / mebibyte;
  const closings = records.map((record) => ((record.client_closed_at ?? 0) - record.received_at) / 1000);
  report(`${stalledReaders} stalled readers: the proxy grows by ${growth.toFixed(1)} MiB at most`);
  report(`stalled readers closed after: ${distribution(closings, "s")}`);
  report(`gap of other streams' chunks at a pace of ${paceMs} ms: alone ${distribution(calm, "ms")}`);
  report(`gap of other streams' chunks beside stalled readers: ${distribution(during, "ms")}`);
  expect(growth).toBeLessThanOrEqual(50);
  expect(Math.min(...closings)).toBeGreaterThanOrEqual(28);
  // Thirty seconds after the last byte that they took, which is when their buffers were full.
  expect(Math.max(...closings)).toBeLessThanOrEqual(45);
  expect(percentile(during, 0.99)).toBeLessThanOrEqual(Math.max(2 * percentile(calm, 0.99), paceMs + 200));
  await Promise.all(sockets.map(untilClosed));
});

/** Sends a request for an endless stream and reads nothing of the answer. */
function stall(stack: Stack, apiKey: string): Socket {
  const { hostname, port } = new URL(stack.proxyUrl);
  const body = JSON.stringify(chat(stalledModel, { stream: true }));
  const socket = connect(Number(port), hostname);
  socket.on("error", () => socket.destroy());
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${apiKey}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  return socket;
}

/**
 * Waits until the provider is at rest: while it fills its own side's buffers for 200 streams at full speed, it keeps no
 * pace itself, and there is nothing to measure.
 */
async function untilStandingStill(stack: Stack): Promise<void> {
  let promptAnswers = 0;
  await waitUntil(
    async () => {
      const startedAt = performance.now();
      await (await fetch(`${stack.mockUrl}/v1/models`)).text();
      promptAnswers = performance.now() - startedAt < 10 ? promptAnswers + 1 : 0;
      return promptAnswers >= 10 ? true : null;
    },
    { what: "the stalled readers' buffers to be full", timeoutMs: 20_000, pollMs: 50 },
  );
}

/** Relays enough for the heap to reach its working size, which is not the stalled readers' doing. */
async function warmUp(stack: Stack, apiKey: string): Promise<void> {
  await using client = createGatewayClient(stack.proxyUrl);
  const call = { apiKey, body: chat("mock?chunks=endless&chunk_bytes=4096", { stream: true }) };
  await Promise.all(Array.from({ length: 32 }, () => client.readBytes(call, 8 * mebibyte)));
}

/** Reads on, which is how a client that has stood still learns that the connection is gone. */
async function untilClosed(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.resume();
  await closed;
}
