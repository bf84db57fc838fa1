import { and, eq, gte, lt, sql } from "drizzle-orm";
import { usageHourly } from "../../schema/usage.ts";
import type { Transaction } from "../../workspace-transaction.ts";
import { hourlySums, type UsageSums } from "./usage.ts";

/** Part of a period; the whole buckets between two moments. */
export type UsageWindow = { workspace_id: string; from: Date; to: Date; bucket: "hour" | "day" };

/** What identifies a row within its window, in the order of the export. */
export type UsagePosition = { seconds: number; provider: string; model: string; api_key_id: string };

/** `seconds` is the bucket's start (epoch). `provider` and `model` are empty when unknown. */
export type ExportedUsageRow = UsageSums & UsagePosition;

/** The first hour of a period that has any usage; null when none has. */
export async function findFirstUsageHour(
  transaction: Transaction,
  period: Omit<UsageWindow, "bucket">,
): Promise<Date | null> {
  const [row] = await transaction
    .select({ hour: usageHourly.hour })
    .from(usageHourly)
    .where(isInWindow(period))
    .orderBy(usageHourly.hour)
    .limit(1);
  return row?.hour ?? null;
}

const isInWindow = ({ workspace_id, from, to }: Omit<UsageWindow, "bucket">) =>
  and(eq(usageHourly.workspace_id, workspace_id), gte(usageHourly.hour, from), lt(usageHourly.hour, to));

/** The sums of a window after a position, so many at most. */
export async function listExportedUsage(
  transaction: Transaction,
  window: UsageWindow,
  page: { limit: number; after: UsagePosition | null },
): Promise<ExportedUsageRow[]> {
  const { after } = page;
  const { provider, model, api_key_id } = usageHourly;
  const start = sql<number>`extract(epoch from date_trunc(${sql.raw(`'${window.bucket}'`)}, ${usageHourly.hour}, 'UTC'))::integer`;
  return transaction
    .select({ seconds: start, provider, model, api_key_id, ...hourlySums })
    .from(usageHourly)
    .where(isInWindow(window))
    .groupBy(start, provider, model, api_key_id)
    .having(
      after === null
        ? undefined
        : sql`(${start}, ${provider}, ${model}, ${api_key_id}) > (${after.seconds}::integer, ${after.provider}, ${after.model}, ${after.api_key_id}::uuid)`,
    )
    .orderBy(start, provider, model, api_key_id)
    .limit(page.limit);
}
