import { type ControlUser, type CreatedApiKey, signUp } from "../harness/control-api.ts";
import { startPacedLoad } from "../harness/paced-load.ts";
import { startStack } from "../harness/stack.ts";
import { connectToEveryThread, type ThreadConnection } from "../harness/thread-connections.ts";

const threads = 2;
/** A key that is still served after this long, in milliseconds, will not be refused any more. */
const patienceMs = 5000;

export type RevocationRun = {
  /** For each revocation: from the revoke's answer to the refusal by the last thread, in milliseconds. */
  latenciesMs: number[];
  loadPerSecond: number;
  loadFailures: number;
};

/**
 * Revokes `count` API keys through the control API, one after another, while every thread has the key in its cache and is
 * asked with it without a pause.
 */
export async function measureRevocations(options: {
  count: number;
  loadPerSecond: number;
}): Promise<RevocationRun> {
  await using stack = await startStack({ threads, control: true });
  const user = await signUp(stack.controlUrl);
  await user.post("/providers", { provider: "mock", api_key: "sk-test-0000", priority: 1 });
  const connections = await connectToEveryThread(stack, { threads, apiKey: user.apiKey });
  const load = startPacedLoad({
    proxyUrl: stack.proxyUrl,
    apiKey: user.apiKey,
    perSecond: options.loadPerSecond,
  });
  const latenciesMs: number[] = [];
  for (let index = 0; index < options.count; index++) {
    latenciesMs.push(await revokeOne(user, connections, index));
  }
  const { perSecond, failed } = await load.stop();
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
  return { latenciesMs, loadPerSecond: perSecond, loadFailures: failed };
}

async function revokeOne(user: ControlUser, connections: ThreadConnection[], index: number): Promise<number> {
  const key = await user.post<CreatedApiKey>("/api-keys", { name: `revoked ${index}` });
  for (const connection of connections) {
    const status = await connection.ask(key.api_key);
    if (status !== 200)
      throw new Error(`A new key is answered with ${status} by thread ${connection.thread}.`);
  }
  let revokedAt = Number.POSITIVE_INFINITY;
  const refusals = connections.map((connection) => untilRefused(connection, key.api_key, () => revokedAt));
  await user.post(`/api-keys/${key.id}/revoke`);
  revokedAt = performance.now();
  // A thread may refuse before the revoke's answer has arrived here.
  return Math.max(0, Math.max(...(await Promise.all(refusals))) - revokedAt);
}

/** Asks without a pause; returns the time of the first refusal. */
async function untilRefused(
  connection: ThreadConnection,
  apiKey: string,
  revokedAt: () => number,
): Promise<number> {
  for (;;) {
    const status = await connection.ask(apiKey);
    const now = performance.now();
    if (status === 401) return now;
    if (status !== 200) throw new Error(`Thread ${connection.thread} answered ${status}.`);
    if (now > revokedAt() + patienceMs) {
      throw new Error(
        `Thread ${connection.thread} still serves the key ${patienceMs} ms after its revocation.`,
      );
    }
  }
}
