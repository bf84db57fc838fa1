import { and, desc, eq, gte, isNotNull, type SQL, sql } from "drizzle-orm";
import { requestLogs } from "../../schema/request-logs.ts";
import type { Transaction } from "../../workspace-transaction.ts";
import { type LogFilter, type LogRow, listColumns, matchesLogFilter } from "./request-logs.ts";

/** A row that has been written lately. */
export type RecordedEntry = { id: string; recorded_at: Date };

export type RecordedLogRow = LogRow & { recorded_at: Date };

const newestFirst = [desc(requestLogs.recorded_at), desc(requestLogs.id)];

/** Never null in the rows that these queries find. */
const recordedAt = sql<Date>`${requestLogs.recorded_at}`.mapWith(requestLogs.recorded_at);

/** What was written in the last seconds by the database's clock, newest first, so many rows at most. */
export async function listRecordedEntries(
  transaction: Transaction,
  workspaceId: string,
  recent: { seconds: number; limit: number },
): Promise<RecordedEntry[]> {
  return transaction
    .select({ id: requestLogs.id, recorded_at: recordedAt })
    .from(requestLogs)
    .where(wasRecordedSince(workspaceId, sql`now() - make_interval(secs => ${recent.seconds})`))
    .orderBy(...newestFirst)
    .limit(recent.limit);
}

/** The matching rows that were written at a moment or later, oldest first; of too many the newest. */
export async function listRecordedLogs(
  transaction: Transaction,
  filter: LogFilter,
  { since, limit }: { since: Date; limit: number },
): Promise<RecordedLogRow[]> {
  const rows = await transaction
    .select({ ...listColumns, recorded_at: recordedAt })
    .from(requestLogs)
    .where(
      and(
        wasRecordedSince(filter.workspace_id, sql`${since.toISOString()}::timestamptz`),
        matchesLogFilter(filter),
      ),
    )
    .orderBy(...newestFirst)
    .limit(limit);
  return rows.reverse();
}

function wasRecordedSince(workspaceId: string, moment: SQL): SQL | undefined {
  return and(
    eq(requestLogs.workspace_id, workspaceId),
    isNotNull(requestLogs.recorded_at),
    gte(requestLogs.recorded_at, moment),
  );
}
