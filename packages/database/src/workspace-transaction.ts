import { PerpetuoError } from "@perpetuo/contracts/errors";
import { sql } from "drizzle-orm";
import type { Database } from "./connection.ts";

/** A Drizzle transaction. */
export type Transaction = Parameters<Parameters<Database["orm"]["transaction"]>[0]>[0];

/** Who acts, from where; the audit trail records it. */
export type Origin = {
  /** Default: the user's id. */
  actor?: string | undefined;
  ip?: string | undefined;
  user_agent?: string | undefined;
};

export type WorkspaceScope = Origin & { workspace_id: string; user_id?: string | undefined };
export type UserScope = Origin & { user_id: string };

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Runs `work` in one transaction that sees and changes only the rows of one workspace, and the user's own memberships.
 *
 * @throws PerpetuoError `not_found` when the workspace's id is no UUID.
 */
export function inWorkspace<T>(
  database: Database,
  scope: WorkspaceScope,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return withSettings(database, scope, work);
}

/**
 * Runs `work` in one transaction of a user outside any workspace: it sees the user's memberships and their workspaces.
 *
 * @throws PerpetuoError `not_found` when the user's id is no UUID.
 */
export function asUser<T>(
  database: Database,
  scope: UserScope,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return withSettings(database, scope, work);
}

/** The settings are local to the transaction, so that a pooled connection carries none of them into the next one. */
async function withSettings<T>(
  database: Database,
  scope: Origin & { workspace_id?: string; user_id?: string | undefined },
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const workspaceId = checkedUuid(scope.workspace_id);
  const userId = checkedUuid(scope.user_id);
  return await database.orm.transaction(async (transaction) => {
    await transaction.execute(sql`
      select set_config('app.workspace_id', ${workspaceId}, true),
             set_config('app.user_id', ${userId}, true),
             set_config('app.actor', ${settingText(scope.actor)}, true),
             set_config('app.ip', ${settingText(scope.ip)}, true),
             set_config('app.user_agent', ${settingText(scope.user_agent)}, true)`);
    return await work(transaction);
  });
}

function checkedUuid(id: string | undefined): string {
  if (id !== undefined && !uuidPattern.test(id)) throw new PerpetuoError("not_found");
  return id ?? "";
}

/** Settings come from request headers: PostgreSQL refuses NUL, and a long text would only fill the audit trail. */
function settingText(text: string | undefined): string {
  return (text ?? "").replaceAll("\0", "").slice(0, 500).toWellFormed();
}
