import type { Database } from "@perpetuo/database/connection";
import { expect } from "vitest";
import { distribution, report } from "../../harness/figures.ts";
import type { Stack } from "../../harness/stack.ts";
import { connectToEveryThread, type ThreadConnection } from "../../harness/thread-connections.ts";
import type { TestWorkspace } from "../../harness/workspace.ts";
import { administer } from "./database-sessions.ts";

const threads = 2;
const patienceMs = 10_000;

/** What a person changes, as the rows change, and how a request is answered from then on. */
const changes: Record<
  string,
  { status: number; make: (database: Database, workspace: TestWorkspace) => Promise<unknown> }
> = {
  "key revoked": {
    status: 401,
    make: ({ sql }, { apiKeys }) =>
      sql`update api_keys set revoked_at = now() where id = ${apiKeys[0]?.id ?? ""}`,
  },
  "key expired": {
    status: 401,
    make: ({ sql }, { apiKeys }) =>
      sql`update api_keys set expires_at = now() where id = ${apiKeys[0]?.id ?? ""}`,
  },
  "key limited to other models": {
    status: 403,
    make: ({ sql }, { apiKeys }) =>
      sql`update api_keys set models = '{another}' where id = ${apiKeys[0]?.id ?? ""}`,
  },
  "limit lowered": {
    status: 429,
    make: ({ sql }, { apiKeys }) =>
      sql`update api_keys set limits = '{"requests_per_minute": 1}' where id = ${apiKeys[0]?.id ?? ""}`,
  },
  "provider key disabled": {
    status: 404,
    make: ({ sql }, { id }) => sql`update provider_keys set enabled = false where workspace_id = ${id}`,
  },
  "workspace deleted": {
    status: 401,
    make: ({ sql }, { id }) => sql`update workspaces set deleted_at = now() where id = ${id}`,
  },
};

/** Every change is honoured by every thread of two processes that share nothing but the database. */
export async function checkChangesEverywhere(stack: Stack, rounds: number): Promise<void> {
  const other = await stack.startAnotherProxy();
  const { apiKey } = await stack.createWorkspace();
  const connections = (
    await Promise.all(
      [stack.proxyUrl, other.url].map((proxyUrl) =>
        connectToEveryThread({ ...stack, proxyUrl }, { threads, apiKey }),
      ),
    )
  ).flat();
  expect(connections).toHaveLength(2 * threads);
  const all: number[] = [];
  for (const [name, { status, make }] of Object.entries(changes)) {
    const latencies: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const workspace = await stack.createWorkspace();
      for (const connection of connections) expect(await connection.ask(workspace.apiKey)).toBe(200);
      await administer(stack, (database) => make(database, workspace));
      const changedAt = performance.now();
      const honoured = await Promise.all(
        connections.map((connection) => untilAnswered(connection, workspace.apiKey, status)),
      );
      latencies.push(Math.max(0, Math.max(...honoured) - changedAt));
    }
    report(`${name}: honoured by every thread of two processes after ${distribution(latencies, "ms")}`);
    all.push(...latencies);
  }
  expect(Math.max(...all)).toBeLessThanOrEqual(5_000);
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
}

async function untilAnswered(connection: ThreadConnection, apiKey: string, status: number): Promise<number> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const answered = await connection.ask(apiKey);
    if (answered === status) return performance.now();
    // A process that has not seen a lower limit may have been told of it by the count that all threads share.
    expect([200, status]).toContain(answered);
    if (performance.now() > until)
      throw new Error(`Thread ${connection.thread} answers ${answered}, not ${status}.`);
  }
}
