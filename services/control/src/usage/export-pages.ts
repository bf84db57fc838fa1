import type { ExportedUsage } from "@perpetuo/contracts/api/usage";
import {
  type ExportedUsageRow,
  findFirstUsageHour,
  listExportedUsage,
  type UsagePosition,
} from "@perpetuo/database/queries/control/usage-export";
import { findApiKeyNames } from "@perpetuo/database/queries/control/usage-series";
import { presentSums } from "../procedures/present.ts";
import { exportPageLength, type InWorkspace } from "../read-pages.ts";
import { bucketLengthMs, type Period } from "./period.ts";

/**
 * Makes the function that reads the next part of an export of usage, oldest first; null at its end. The period is read
 * day by day, so that no query sums up more than a day. Days without usage are passed over together, because nobody could
 * stop a call that asked for years of them one by one.
 */
export function exportedUsagePages(
  inWorkspace: InWorkspace,
  { workspace_id, period }: { workspace_id: string; period: Period },
): () => Promise<ExportedUsage[] | null> {
  let day = period.from.getTime();
  let after: UsagePosition | null = null;
  return async () => {
    while (day < period.to.getTime()) {
      const to = Math.min(day + bucketLengthMs.day, period.to.getTime());
      const window = { workspace_id, bucket: period.bucket, from: new Date(day), to: new Date(to) };
      const position: UsagePosition | null = after;
      const page = await inWorkspace(async (transaction) => {
        const rows = await listExportedUsage(transaction, window, {
          limit: exportPageLength,
          after: position,
        });
        const ids = new Set(rows.map(({ api_key_id }) => api_key_id));
        const names = await findApiKeyNames(transaction, workspace_id, [...ids]);
        if (rows.length > 0) return { rows, names, next: to };
        const rest = { workspace_id, from: new Date(to), to: period.to };
        const hour = await findFirstUsageHour(transaction, rest);
        return { rows, names, next: hour === null ? period.to.getTime() : dayOf(hour, to) };
      });
      const isLast = page.rows.length < exportPageLength;
      after = isLast ? null : (page.rows.at(-1) ?? null);
      if (isLast) day = page.next;
      if (page.rows.length > 0) return page.rows.map((row) => presentRow(row, page.names));
    }
    return null;
  };
}

/** The start of the day that holds an hour, by days that begin at the same time as `first`. */
function dayOf(hour: Date, first: number): number {
  return hour.getTime() - ((hour.getTime() - first) % bucketLengthMs.day);
}

function presentRow(row: ExportedUsageRow, names: ReadonlyMap<string, string>): ExportedUsage {
  return {
    start: new Date(row.seconds * 1000).toISOString(),
    provider: row.provider || null,
    model: row.model || null,
    api_key_id: row.api_key_id,
    api_key_name: names.get(row.api_key_id) ?? null,
    ...presentSums(row),
  };
}
