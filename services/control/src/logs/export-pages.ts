import type { ExportedLog } from "@perpetuo/contracts/api/logs";
import {
  type LogFilter,
  type LogPosition,
  listExportedLogs,
} from "@perpetuo/database/queries/control/request-logs";
import { exportPageLength, type InWorkspace } from "../read-pages.ts";
import { presentExportedLog } from "./present-log.ts";

/** Makes the function that reads the next part of an export of requests, newest first; null at its end. */
export function exportedLogPages(
  inWorkspace: InWorkspace,
  { filter, limit }: { filter: LogFilter; limit: number },
): () => Promise<ExportedLog[] | null> {
  let after: LogPosition | null = null;
  let left = limit;
  return async () => {
    if (left <= 0) return null;
    const wanted = Math.min(left, exportPageLength);
    const rows = await inWorkspace((transaction) =>
      listExportedLogs(transaction, filter, { limit: wanted, after }),
    );
    after = rows.at(-1) ?? after;
    // A page that is not full is the last one.
    left = rows.length < wanted ? 0 : left - rows.length;
    return rows.length === 0 ? null : rows.map(presentExportedLog);
  };
}
