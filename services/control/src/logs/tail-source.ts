import type { Database } from "@perpetuo/database/connection";
import {
  listRecordedEntries,
  listRecordedLogs,
  type RecordedEntry,
  type RecordedLogRow,
} from "@perpetuo/database/queries/control/request-log-tail";
import type { LogFilter } from "@perpetuo/database/queries/control/request-logs";
import { inWorkspace } from "@perpetuo/database/workspace-transaction";

/** Commits come in another order than their rows' times, so what was written is looked at for this long. */
export const rereadSeconds = 10;

/** How much is read at once, at most. */
const limits = { entries: 20_000, rows: 1_000 };

/** Where live views read. Each answer says by `isWhole` that nothing was left out. */
export type TailSource = {
  /** What was written to a workspace's log in the last `rereadSeconds`, newest first. */
  recent(workspaceId: string): Promise<{ entries: RecordedEntry[]; isWhole: boolean }>;
  /** The matching rows that were written at a moment or later, oldest first. */
  rows(filter: LogFilter, since: Date): Promise<{ rows: RecordedLogRow[]; isWhole: boolean }>;
};

export function createTailSource(database: Database): TailSource {
  return {
    async recent(workspace_id) {
      const entries = await inWorkspace(database, { workspace_id }, (transaction) =>
        listRecordedEntries(transaction, workspace_id, { seconds: rereadSeconds, limit: limits.entries }),
      );
      return { entries, isWhole: entries.length < limits.entries };
    },
    async rows(filter, since) {
      const { workspace_id } = filter;
      const rows = await inWorkspace(database, { workspace_id }, (transaction) =>
        listRecordedLogs(transaction, filter, { since, limit: limits.rows }),
      );
      return { rows, isWhole: rows.length < limits.rows };
    },
  };
}
