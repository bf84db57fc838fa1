import type { WrappedDataKey } from "@perpetuo/contracts/gateway-config";
import { and, asc, desc, eq, isNull, ne } from "drizzle-orm";
import type { Database } from "../../connection.ts";
import { dataKeys } from "../../schema/keys.ts";
import { workspaces } from "../../schema/workspaces.ts";
import type { Transaction } from "../../workspace-transaction.ts";

const wrappedColumns = {
  key_id: dataKeys.key_id,
  workspace_id: dataKeys.workspace_id,
  wrapped_key: dataKeys.wrapped_key,
  master_key_id: dataKeys.master_key_id,
};

export async function insertDataKey(transaction: Transaction, dataKey: WrappedDataKey): Promise<void> {
  const { key_id, workspace_id, wrapped_key, master_key_id } = dataKey;
  await transaction.insert(dataKeys).values({ key_id, workspace_id, wrapped_key, master_key_id });
}

/** The data key that seals new secrets of the workspace; null when it has none. */
export async function findActiveDataKey(
  transaction: Transaction,
  workspaceId: string,
): Promise<WrappedDataKey | null> {
  const [row] = await transaction
    .select(wrappedColumns)
    .from(dataKeys)
    .where(and(eq(dataKeys.workspace_id, workspaceId), isNull(dataKeys.retired_at)))
    .orderBy(desc(dataKeys.created_at), desc(dataKeys.key_id))
    .limit(1);
  return row ?? null;
}

export async function findDataKey(
  transaction: Transaction,
  dataKey: { workspace_id: string; key_id: string },
): Promise<WrappedDataKey | null> {
  const [row] = await transaction
    .select(wrappedColumns)
    .from(dataKeys)
    .where(and(eq(dataKeys.workspace_id, dataKey.workspace_id), eq(dataKeys.key_id, dataKey.key_id)));
  return row ?? null;
}

/** The workspace's data keys that another master key than the named one wraps, locked until the transaction ends. */
export async function lockDataKeysWrappedByOthers(
  transaction: Transaction,
  workspaceId: string,
  masterKeyId: string,
): Promise<WrappedDataKey[]> {
  return transaction
    .select(wrappedColumns)
    .from(dataKeys)
    .where(and(eq(dataKeys.workspace_id, workspaceId), ne(dataKeys.master_key_id, masterKeyId)))
    .for("update");
}

/** Stores the same data key in a new wrapping. */
export async function updateWrapping(transaction: Transaction, dataKey: WrappedDataKey): Promise<void> {
  await transaction
    .update(dataKeys)
    .set({ wrapped_key: dataKey.wrapped_key, master_key_id: dataKey.master_key_id })
    .where(and(eq(dataKeys.workspace_id, dataKey.workspace_id), eq(dataKeys.key_id, dataKey.key_id)));
}

/** Ids of every workspace, deleted ones too. The owner's role sees all of them; a service's role sees none. */
export async function listAllWorkspaceIds({ orm }: Database): Promise<string[]> {
  const rows = await orm.select({ id: workspaces.id }).from(workspaces).orderBy(asc(workspaces.id));
  return rows.map(({ id }) => id);
}
