import { expect } from "vitest";
import { report } from "../../harness/figures.ts";
import { chat, errorCode } from "../../harness/gateway-client.ts";
import { residentBytes } from "../../harness/process-tree.ts";
import {
  contentChunks,
  isWhole,
  openRawClient,
  type RawClient,
  rawChat,
  statusOf,
} from "../../harness/raw-client.ts";
import type { Stack } from "../../harness/stack.ts";
import { waitUntil } from "../../harness/wait-until.ts";
import type { TestWorkspace } from "../../harness/workspace.ts";

const mebibyte = 1024 * 1024;
/** Read and thrown away beyond the limit, so that the sender gets to read its 413. */
const discardedBytes = 16 * mebibyte;
/** What the buffers of both kernels hold of a loopback connection, generously. */
const kernelBufferBytes = 12 * mebibyte;

/** A client reads nothing of its answer. When its time is over the connection and the provider's call are closed. */
export async function checkStalledReader(stack: Stack, workspace: TestWorkspace): Promise<void> {
  const model = "mock?chunks=endless&chunk_bytes=4096&key=stalled";
  const requestId = "stalled-reader";
  const client = await openRawClient(stack.proxyUrl);
  client.pause();
  const body = chat(model, { stream: true });
  client.send(rawChat({ ...workspace, body, headers: [`x-request-id: ${requestId}`] }));
  const row = await stack.rows.find(requestId);
  expect(row).toMatchObject({ status_code: 499, error_message: "the client stopped reading" });
  const record = await waitUntil(
    async () => {
      const [found] = await stack.mock.records(model);
      return found?.outcome === "client_closed" ? found : null;
    },
    { what: "the provider's call to be closed", timeoutMs: 10_000 },
  );
  expect(row.output_tokens).toBeLessThanOrEqual(record.content_tokens_sent);
  // The provider was paused: what it could not hand over was never made.
  expect(record.bytes_sent).toBeLessThan(2 * kernelBufferBytes);
  client.resume();
  await client.untilClosed();
}

/**
 * A body that announces far too much is refused unread. One without an end is cut off: its sender, which never reads,
 * may lose the 413 with the connection, and the row has it.
 */
export async function checkEndlessBodies(
  stack: Stack,
  { apiKey }: TestWorkspace,
  limitBytes: number,
): Promise<void> {
  const before = await residentBytes(await stack.proxy().pids());
  const announced = await openRawClient(stack.proxyUrl);
  announced.send(rawChat({ apiKey, body: Buffer.from("{"), contentLength: 100 * mebibyte }));
  await expectTooLarge(announced);
  expect(announced.sentBytes()).toBeLessThan(1000);

  const chunked = await openRawClient(stack.proxyUrl);
  const headers = ["x-request-id: endless-body"];
  const head = rawChat({ apiKey, body: Buffer.alloc(0), headers }).toString("latin1");
  chunked.send(head.replace("content-length: 0", "transfer-encoding: chunked"));
  const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, " "), Buffer.from("\r\n")]);
  while (!chunked.isClosed()) {
    chunked.send(chunk);
    await chunked.drained();
  }
  const taken = chunked.sentBytes();
  await chunked.untilClosed();
  expect(await stack.rows.find("endless-body")).toMatchObject({ status_code: 413 });
  expect(taken).toBeLessThan(limitBytes + discardedBytes + kernelBufferBytes);
  const growth = ((await residentBytes(await stack.proxy().pids())) - before) / mebibyte;
  report(
    `a body without an end: refused after ${(taken / mebibyte).toFixed(1)} MiB, kernel buffers among them; ` +
      `the proxy grows by ${growth.toFixed(1)} MiB`,
  );
}

async function expectTooLarge(client: RawClient): Promise<void> {
  const text = await client.until(isWhole);
  expect(statusOf(text)).toBe(413);
  expect(errorCode(Buffer.from(text.slice(text.indexOf("\r\n\r\n") + 4)))).toBe("payload_too_large");
  await client.untilClosed();
}

/** A second request on a connection whose first is still streaming: both are lost, and the books say so. */
export async function checkPipelining(stack: Stack, workspace: TestWorkspace): Promise<void> {
  const model = "mock?chunks=endless&pace=5&key=pipelined";
  const client = await openRawClient(stack.proxyUrl);
  const body = chat(model, { stream: true });
  client.send(rawChat({ ...workspace, body, headers: ["x-request-id: pipelined-first"] }));
  await client.until((text) => contentChunks(text) >= 2);
  client.send(rawChat({ ...workspace, headers: ["x-request-id: pipelined-second"] }));
  await client.untilClosed();
  expect(await stack.rows.find("pipelined-first")).toMatchObject({
    status_code: 499,
    error_code: "client_closed_request",
  });
  const rows = await stack.rows.all(workspace.id);
  expect(rows.filter(({ request_id }) => request_id === "pipelined-second")).toEqual([]);
}

/** A client that asks before it sends a large body is told to go on, and answered. */
export async function checkExpectContinue(stack: Stack, { apiKey }: TestWorkspace): Promise<void> {
  const body = Buffer.from(JSON.stringify(chat("mock-fast", { padding: "x".repeat(900_000) })));
  const bytes = rawChat({ apiKey, body, headers: ["expect: 100-continue"] });
  const client = await openRawClient(stack.proxyUrl);
  const began = performance.now();
  client.send(bytes.subarray(0, bytes.length - body.length));
  await client.until((text) => text.startsWith("HTTP/1.1 100 "));
  const toldAfter = performance.now() - began;
  client.send(body);
  const answer = await client.until((text) => isWhole(withoutInterim(text)));
  expect(statusOf(withoutInterim(answer))).toBe(200);
  client.reset();
  report(`expect: 100-continue is answered after ${toldAfter.toFixed(1)} ms`);
}

function withoutInterim(text: string): string {
  return text.replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, "");
}
