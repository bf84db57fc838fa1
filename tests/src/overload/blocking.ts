import { pathToFileURL } from "node:url";
import { Client, type Dispatcher } from "undici";
import { chat, headerOf } from "../harness/gateway-client.ts";
import type { Stack } from "../harness/stack.ts";

const preload = pathToFileURL(`${import.meta.dirname}/block-on-demand.ts`).href;

/** Lets a test block the proxy's threads. */
export const blockable = { NODE_OPTIONS: `--import=${preload}` };

/** A connection that stays with one thread. */
export type ThreadLine = AsyncDisposable & {
  thread: string;
  send(
    path: string,
    more?: { headers?: Record<string, string>; body?: object },
  ): Promise<Dispatcher.ResponseData>;
};

const mostTries = 100;

/** One connection to each of two threads. */
export async function connectToBothThreads(stack: Stack): Promise<[ThreadLine, ThreadLine]> {
  const lines = new Map<string, ThreadLine>();
  for (let tries = 0; lines.size < 2 && tries < mostTries; tries++) {
    const line = await connect(stack);
    if (lines.has(line.thread)) await line[Symbol.asyncDispose]();
    else lines.set(line.thread, line);
  }
  const [first, second] = [...lines.values()];
  if (first === undefined || second === undefined) throw new Error("Only one thread has answered.");
  return [first, second];
}

async function connect(stack: Stack): Promise<ThreadLine> {
  const client = new Client(stack.proxyUrl, { pipelining: 1, keepAliveTimeout: 600_000 });
  const send: ThreadLine["send"] = (path, more = {}) =>
    client.request({
      path,
      method: more.body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json", ...more.headers },
      ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
      headersTimeout: 60_000,
    });
  // A refusal names its thread as well.
  const answer = await send("/nowhere");
  await answer.body.dump();
  return {
    thread: headerOf(answer.headers, "x-perpetuo-thread") ?? "",
    send,
    [Symbol.asyncDispose]: () => client.destroy(),
  };
}

/** Sends a request that blocks its thread for so long. */
export function block(
  line: ThreadLine,
  apiKey: string,
  milliseconds: number,
): Promise<Dispatcher.ResponseData> {
  return line.send("/v1/chat/completions", {
    headers: {
      authorization: `Bearer ${apiKey}`,
      "x-perpetuo-metadata": JSON.stringify({ block_ms: String(milliseconds) }),
    },
    body: chat("mock?chunks=1"),
  });
}
