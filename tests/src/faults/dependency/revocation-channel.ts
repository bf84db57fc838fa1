import type { Database } from "@perpetuo/database/connection";
import { expect } from "vitest";
import { distribution, report } from "../../harness/figures.ts";
import type { Stack } from "../../harness/stack.ts";
import { connectToEveryThread, type ThreadConnection } from "../../harness/thread-connections.ts";
import { administer, freezeSessions } from "./database-sessions.ts";

/** A key that is served for longer after its revocation will not be refused any more. */
const patienceMs = 45_000;

/** A key is revoked in the moment in which the connection that would tell of it is cut; every thread refuses it all the same. */
export async function checkRevocationWithoutChannel(stack: Stack, rounds: number): Promise<void> {
  const latencies = await revokeAndMeasure(stack, rounds, async (apiKeyId, round) => {
    await administer(stack, async (database) => {
      const steps = [cutChannel, (each: Database) => revokeKey(each, apiKeyId)];
      for (const step of round % 2 === 0 ? steps : steps.toReversed()) await step(database);
    });
    return null;
  });
  report(`revoked while the channel is cut: refused by every thread after ${distribution(latencies, "ms")}`);
  expect(Math.max(...latencies)).toBeLessThanOrEqual(5_000);
}

/** The channel hangs without a word when a key is revoked; its heartbeat finds it out. */
export async function checkRevocationOnHungChannel(stack: Stack): Promise<void> {
  const latencies = await revokeAndMeasure(stack, 1, async (apiKeyId) => {
    const { thaw } = await freezeSessions(stack, "perpetuo-invalidations");
    setTimeout(thaw, patienceMs).unref();
    await administer(stack, (database) => revokeKey(database, apiKeyId));
    return thaw;
  });
  report(`revoked while the channel hangs: refused by every thread after ${distribution(latencies, "ms")}`);
  expect(Math.max(...latencies)).toBeLessThanOrEqual(30_000);
}

async function cutChannel({ sql }: Database): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name = 'perpetuo-invalidations'`;
}

async function revokeKey({ sql }: Database, apiKeyId: string): Promise<void> {
  await sql`update api_keys set revoked_at = now() where id = ${apiKeyId}`;
}

/** Revokes the key and returns what is to be put in order when it is refused. */
type Revoke = (apiKeyId: string, round: number) => Promise<(() => void) | null>;

/** From the end of each revocation to the refusal by the last thread, in milliseconds. */
async function revokeAndMeasure(stack: Stack, rounds: number, revoke: Revoke): Promise<number[]> {
  const workspace = await stack.createWorkspace({ apiKeys: Array.from({ length: rounds + 1 }, () => ({})) });
  const connections = await connectToEveryThread(stack, { threads: 2, apiKey: workspace.apiKey });
  const latencies: number[] = [];
  for (const [round, key] of workspace.apiKeys.slice(1).entries()) {
    for (const connection of connections) expect(await connection.ask(key.text)).toBe(200);
    const end = await revoke(key.id, round);
    const revokedAt = performance.now();
    const refusedAt = await Promise.all(connections.map((connection) => untilRefused(connection, key.text)));
    latencies.push(Math.max(0, Math.max(...refusedAt) - revokedAt));
    end?.();
  }
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
  return latencies;
}

async function untilRefused(connection: ThreadConnection, apiKey: string): Promise<number> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const status = await connection.ask(apiKey);
    if (status === 401) return performance.now();
    expect(status).toBe(200);
    if (performance.now() > until)
      throw new Error(`The key is served ${patienceMs} ms after its revocation.`);
  }
}
