import type { Limits } from "@perpetuo/contracts/limits";
import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import { apiKeys } from "../../schema/keys.ts";
import { requestLogs } from "../../schema/request-logs.ts";
import { usageHourly } from "../../schema/usage.ts";
import { workspaces } from "../../schema/workspaces.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** Whom limits bind: an API key, or with null the whole workspace. */
export type LimitedSubject = { workspace_id: string; api_key_id: string | null };

/** `name` is null for the workspace itself. */
export type SubjectLimits = { api_key_id: string | null; name: string | null; limits: Limits };

/** An absent field keeps its value; null removes it. */
export type LimitChanges = { [TLimit in keyof Limits]?: number | null | undefined };

const selectedWorkspace = (workspaceId: string) =>
  and(eq(workspaces.id, workspaceId), isNull(workspaces.deleted_at));

const selectedKey = (workspaceId: string, keyId: string) =>
  and(eq(apiKeys.workspace_id, workspaceId), eq(apiKeys.id, keyId), eq(apiKeys.hidden, false));

/** Null when there is no such key or workspace. */
export async function findLimits(
  transaction: Transaction,
  { workspace_id, api_key_id }: LimitedSubject,
): Promise<SubjectLimits | null> {
  if (api_key_id === null) {
    const [row] = await transaction
      .select({ limits: workspaces.limits })
      .from(workspaces)
      .where(selectedWorkspace(workspace_id));
    return row === undefined ? null : { api_key_id, name: null, ...row };
  }
  const [row] = await transaction
    .select({ api_key_id: apiKeys.id, name: apiKeys.name, limits: apiKeys.limits })
    .from(apiKeys)
    .where(selectedKey(workspace_id, api_key_id));
  return row ?? null;
}

/** Changes the named limits in one statement, so that two changes at once keep both. */
export async function mergeLimits(
  transaction: Transaction,
  { workspace_id, api_key_id }: LimitedSubject,
  changes: LimitChanges,
): Promise<void> {
  const patch = JSON.stringify(changes);
  if (api_key_id === null) {
    await transaction
      .update(workspaces)
      .set({ limits: sql`jsonb_strip_nulls(${workspaces.limits} || ${patch}::jsonb)` })
      .where(selectedWorkspace(workspace_id));
  } else {
    await transaction
      .update(apiKeys)
      .set({ limits: sql`jsonb_strip_nulls(${apiKeys.limits} || ${patch}::jsonb)` })
      .where(selectedKey(workspace_id, api_key_id));
  }
}

/** The workspace's own limits first, then those of each key that is neither hidden, revoked nor expired, oldest first. */
export async function listLimits(transaction: Transaction, workspaceId: string): Promise<SubjectLimits[]> {
  const workspace = await findLimits(transaction, { workspace_id: workspaceId, api_key_id: null });
  const keys = await transaction
    .select({ api_key_id: apiKeys.id, name: apiKeys.name, limits: apiKeys.limits })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.workspace_id, workspaceId),
        eq(apiKeys.hidden, false),
        isNull(apiKeys.revoked_at),
        or(isNull(apiKeys.expires_at), gt(apiKeys.expires_at, sql`now()`)),
      ),
    )
    .orderBy(apiKeys.created_at, apiKeys.id);
  return workspace === null ? keys : [workspace, ...keys];
}

/** Micro-dollars of a key's finished requests in the present day and month (UTC). */
export type KeySpending = {
  api_key_id: string;
  day_micros: number;
  month_micros: number;
  unpriced_requests: number;
};

/** One row for each key, deleted ones too, that was used this month; their sums are the workspace's. */
export async function sumSpendingByKey(
  transaction: Transaction,
  workspaceId: string,
): Promise<KeySpending[]> {
  const startOf = (unit: "day" | "month") => sql`date_trunc(${sql.raw(`'${unit}'`)}, now(), 'UTC')`;
  const today = sql`${usageHourly.hour} >= ${startOf("day")}`;
  const whole = (sum: ReturnType<typeof sql>) => sql<number>`coalesce(${sum}, 0)::bigint`.mapWith(Number);
  return transaction
    .select({
      api_key_id: usageHourly.api_key_id,
      day_micros: whole(sql`sum(${usageHourly.cost_micros}) filter (where ${today})`),
      month_micros: whole(sql`sum(${usageHourly.cost_micros})`),
      unpriced_requests: whole(sql`sum(${usageHourly.unpriced_requests})`),
    })
    .from(usageHourly)
    .where(and(eq(usageHourly.workspace_id, workspaceId), sql`${usageHourly.hour} >= ${startOf("month")}`))
    .groupBy(usageHourly.api_key_id);
}

/** Finished requests of a key within the last 60 s, and their tokens in and out. */
export type KeyTraffic = { api_key_id: string; requests: number; tokens: number };

export async function sumTrafficOfLastMinute(
  transaction: Transaction,
  workspaceId: string,
): Promise<KeyTraffic[]> {
  return transaction
    .select({
      api_key_id: requestLogs.api_key_id,
      requests: sql<number>`count(*)`.mapWith(Number),
      tokens:
        sql<number>`coalesce(sum(${requestLogs.input_tokens} + ${requestLogs.output_tokens}), 0)::bigint`.mapWith(
          Number,
        ),
    })
    .from(requestLogs)
    .where(
      and(
        eq(requestLogs.workspace_id, workspaceId),
        sql`${requestLogs.created_at} > now() - interval '1 minute'`,
      ),
    )
    .groupBy(requestLogs.api_key_id);
}
