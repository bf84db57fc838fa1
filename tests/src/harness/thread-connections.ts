import { Client } from "undici";
import { chat, headerOf } from "./gateway-client.ts";
import type { Stack } from "./stack.ts";

/** A connection that one thread of the proxy serves for as long as it lives. */
export type ThreadConnection = AsyncDisposable & {
  thread: string;
  /** Sends a small request with this key and returns its status. */
  ask(apiKey: string): Promise<number>;
  /** Sends a small request and returns the version of the config that the thread answered it by. */
  configVersion(apiKey: string): Promise<number>;
};

const threadHeader = "x-perpetuo-thread";
const maximumTries = 200;

/**
 * Opens one connection to each of the proxy's threads. The kernel chooses the thread of a connection, and the debug header
 * tells which it was: surplus connections are closed until every thread has one.
 */
export async function connectToEveryThread(
  stack: Stack,
  options: { threads: number; apiKey: string },
): Promise<ThreadConnection[]> {
  const found = new Map<string, ThreadConnection>();
  for (let tries = 0; found.size < options.threads; tries++) {
    if (tries === maximumTries) {
      throw new Error(
        `After ${tries} connections only threads ${[...found.keys()].join(", ")} have answered.`,
      );
    }
    const client = new Client(stack.proxyUrl, { pipelining: 1, keepAliveTimeout: 600_000 });
    const { thread } = await ask(client, options.apiKey);
    if (thread === null) throw new Error(`The proxy sends no ${threadHeader}: set PERPETUO_DEBUG_HEADERS.`);
    if (found.has(thread)) await client.close();
    else found.set(thread, connection(client, thread));
  }
  return [...found.values()];
}

function connection(client: Client, thread: string): ThreadConnection {
  const askSameThread = async (apiKey: string) => {
    const answer = await ask(client, apiKey);
    if (answer.thread !== thread) throw new Error(`The connection moved from ${thread} to ${answer.thread}.`);
    return answer;
  };
  return {
    thread,
    ask: async (apiKey) => (await askSameThread(apiKey)).status,
    configVersion: async (apiKey) => Number((await askSameThread(apiKey)).configVersion),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

const body = JSON.stringify(chat("mock?chunks=1"));

type ThreadAnswer = { status: number; thread: string | null; configVersion: string | null };

async function ask(client: Client, apiKey: string): Promise<ThreadAnswer> {
  const answer = await client.request({
    method: "POST",
    path: "/v1/chat/completions",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body,
  });
  await answer.body.dump();
  return {
    status: answer.statusCode,
    thread: headerOf(answer.headers, threadHeader),
    configVersion: headerOf(answer.headers, "x-perpetuo-config-version"),
  };
}
