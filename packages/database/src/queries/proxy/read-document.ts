import type postgres from "postgres";
import { retryStale } from "../../guarded-transactions.ts";
import type { Pool } from "../../pool.ts";

/**
 * Runs a query for one JSON document; null when there is none.
 *
 * The query comes as a subquery, so that the answer always has a row. On an encrypted connection that breaks, the driver
 * can take a query as answered with nothing, and a key must never count as unknown for that.
 *
 * @throws when the database cannot be asked, with the driver's code.
 */
export async function readDocument<T>(
  { sql }: Pool,
  subquery: postgres.PendingQuery<postgres.Row[]>,
): Promise<T | null> {
  const rows = await retryStale(
    async () => await sql<{ document: T | null }[]>`select (${subquery}) as document`,
    () => true,
  );
  const [row] = rows;
  if (row === undefined) {
    throw Object.assign(new Error("The connection broke before the answer came."), {
      code: "CONNECTION_CLOSED",
    });
  }
  return row.document;
}
