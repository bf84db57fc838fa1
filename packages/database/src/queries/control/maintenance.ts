import type { Database } from "../../connection.ts";

/** Makes the missing partitions of request logs up to so many days from today (UTC); returns how many it made. */
export async function ensurePartitions({ sql }: Database, daysAhead: number): Promise<number> {
  const [row] = await sql<{ created: number }[]>`select perpetuo_ensure_partitions(${daysAhead}) as created`;
  return row?.created ?? 0;
}
