import { eq, lt, sql } from "drizzle-orm";
import type { Database } from "../../connection.ts";
import { authThrottle } from "../../schema/accounts.ts";

/** Adds one attempt to the key's present window, which starts at a multiple of its length, and returns the count. */
export async function countAttempt(
  { orm }: Database,
  key: string,
  windowSeconds: number,
): Promise<{ attempts: number; secondsLeft: number }> {
  const nowSeconds = Date.now() / 1000;
  const start = Math.floor(nowSeconds / windowSeconds) * windowSeconds;
  const [row] = await orm
    .insert(authThrottle)
    .values({ key, window_start: new Date(start * 1000), count: 1 })
    .onConflictDoUpdate({
      target: [authThrottle.key, authThrottle.window_start],
      set: { count: sql`${authThrottle.count} + 1` },
    })
    .returning({ count: authThrottle.count });
  return {
    attempts: row?.count ?? 1,
    secondsLeft: Math.max(1, Math.ceil(start + windowSeconds - nowSeconds)),
  };
}

/** Forgets every window of a key. */
export async function resetAttempts({ orm }: Database, key: string): Promise<void> {
  await orm.delete(authThrottle).where(eq(authThrottle.key, key));
}

/** Removes the windows that began before a moment, since no window is longer than an hour. */
export async function removeAttemptsBefore({ orm }: Database, moment: Date): Promise<void> {
  await orm.delete(authThrottle).where(lt(authThrottle.window_start, moment));
}
