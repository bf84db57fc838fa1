import { type Database, withDatabase } from "@perpetuo/database/connection";
import { signal } from "../../harness/process-tree.ts";
import type { Stack } from "../../harness/stack.ts";
import { waitUntil } from "../../harness/wait-until.ts";

/** Names under which the proxy's connections appear in `pg_stat_activity`. */
export type SessionName = "perpetuo-proxy" | "perpetuo-proxy-flush" | "perpetuo-invalidations";

/** Runs SQL as the administrator of the stack's database. */
export function administer<TValue>(
  stack: Pick<Stack, "home">,
  work: (database: Database) => Promise<TValue>,
): Promise<TValue> {
  return withDatabase(stack.home.administratorUrl, { max: 1, applicationName: "perpetuo-test" }, work);
}

/** The server's processes behind the proxy's connections of this name. */
export async function sessionPids(stack: Pick<Stack, "home">, name: SessionName): Promise<number[]> {
  const rows = await administer(
    stack,
    ({ sql }) => sql<{ pid: number }[]>`
      select pid from pg_stat_activity where datname = current_database() and application_name = ${name}`,
  );
  return rows.map(({ pid }) => pid);
}

/** Holds a lock that every look-up of an API key waits for, for as long as `work` takes. */
export async function whileKeysAreLocked<TValue>(
  stack: Pick<Stack, "home">,
  work: () => Promise<TValue>,
): Promise<TValue> {
  return administer(stack, async ({ sql }) => {
    const found: TValue[] = [];
    await sql.begin(async (transaction) => {
      await transaction`lock table api_keys in access exclusive mode`;
      found.push(await work());
    });
    return found[0] as TValue;
  });
}

/** Waits until this number of look-ups waits for the lock, and returns how many do a moment later. */
export async function waitingLookups(stack: Pick<Stack, "home">, atLeast: number): Promise<number> {
  const count = () =>
    administer(stack, async ({ sql }) => {
      const [row] = await sql<{ count: number }[]>`
        select count(*) as count from pg_stat_activity
        where datname = current_database() and application_name = 'perpetuo-proxy' and wait_event_type = 'Lock'`;
      return row?.count ?? 0;
    });
  await waitUntil(async () => ((await count()) >= atLeast ? true : null), {
    what: `${atLeast} look-ups to wait for the lock`,
    timeoutMs: 10_000,
  });
  return count();
}

/** Stops the server's processes of a connection as a machine that has hung does: nothing is refused and nothing answered. */
export async function freezeSessions(
  stack: Pick<Stack, "home">,
  name: SessionName,
): Promise<{ thaw: () => void }> {
  const pids = await sessionPids(stack, name);
  if (pids.length === 0) throw new Error(`There is no connection of the name ${name}.`);
  for (const pid of pids) signal(pid, "SIGSTOP");
  return {
    thaw() {
      for (const pid of pids) signal(pid, "SIGCONT");
    },
  };
}
