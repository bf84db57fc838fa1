import type { ExportedUsage } from "@perpetuo/contracts/api/usage";
import {
  type ExportedUsageRow,
  listExportedUsage,
  type UsagePosition,
} from "@perpetuo/database/queries/control/usage-export";
import { findApiKeyNames } from "@perpetuo/database/queries/control/usage-series";
import { presentSums } from "../procedures/present.ts";
import { exportPageLength, type InWorkspace } from "../read-pages.ts";
import { bucketLengthMs, type Period } from "./period.ts";

/**
 * Makes the function that reads the next part of an export of usage, oldest first; null at its end. The period is read
 * day by day, so that no query sums up more than a day.
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
        return { rows, names: await findApiKeyNames(transaction, workspace_id, [...ids]) };
      });
      const isLast = page.rows.length < exportPageLength;
      after = isLast ? null : (page.rows.at(-1) ?? null);
      if (isLast) day = to;
      if (page.rows.length > 0) return page.rows.map((row) => presentRow(row, page.names));
    }
    return null;
  };
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
