import type { Limits } from "@perpetuo/contracts/limits";
import type { ApiKeyScope } from "@perpetuo/contracts/roles";
import { and, desc, eq, isNull } from "drizzle-orm";
import { apiKeys } from "../../schema/keys.ts";
import { apiKeyUsage } from "../../schema/usage.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** An API key of one workspace. */
export type ApiKeyRecordIdentity = { workspace_id: string; id: string };

/** What a person decides about an API key. */
export type ApiKeyValues = {
  name: string;
  scopes: ApiKeyScope[];
  models: string[] | null;
  limits: Limits;
  expires_at: Date | null;
};

/** An API key without its hash. */
export type ApiKeyRow = ApiKeyValues & {
  id: string;
  prefix: string;
  revoked_at: Date | null;
  created_at: Date;
  last_used_at: Date | null;
};

function selectApiKeys(transaction: Transaction) {
  return transaction
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      prefix: apiKeys.prefix,
      scopes: apiKeys.scopes,
      models: apiKeys.models,
      limits: apiKeys.limits,
      expires_at: apiKeys.expires_at,
      revoked_at: apiKeys.revoked_at,
      created_at: apiKeys.created_at,
      last_used_at: apiKeyUsage.last_used_at,
    })
    .from(apiKeys)
    .leftJoin(
      apiKeyUsage,
      and(eq(apiKeyUsage.workspace_id, apiKeys.workspace_id), eq(apiKeyUsage.api_key_id, apiKeys.id)),
    );
}

/** A hidden key, such as the playground's, is not there for people. */
const isShown = ({ workspace_id, id }: ApiKeyRecordIdentity) =>
  and(eq(apiKeys.workspace_id, workspace_id), eq(apiKeys.id, id), eq(apiKeys.hidden, false));

/** A workspace's API keys, newest first, revoked ones too. */
export async function listApiKeys(transaction: Transaction, workspaceId: string): Promise<ApiKeyRow[]> {
  return selectApiKeys(transaction)
    .where(and(eq(apiKeys.workspace_id, workspaceId), eq(apiKeys.hidden, false)))
    .orderBy(desc(apiKeys.created_at), desc(apiKeys.id));
}

export async function findApiKeyRecord(
  transaction: Transaction,
  identity: ApiKeyRecordIdentity,
): Promise<ApiKeyRow | null> {
  const [row] = await selectApiKeys(transaction).where(isShown(identity));
  return row ?? null;
}

/** Keeps others from changing the key until the transaction ends. */
export async function lockApiKey(transaction: Transaction, identity: ApiKeyRecordIdentity): Promise<void> {
  await transaction.select({ id: apiKeys.id }).from(apiKeys).where(isShown(identity)).for("update");
}

export async function insertApiKey(
  transaction: Transaction,
  key: ApiKeyRecordIdentity & ApiKeyValues & { prefix: string; key_hash: string; created_by: string },
): Promise<void> {
  await transaction.insert(apiKeys).values(key);
}

/** Changes the named fields. */
export async function updateApiKey(
  transaction: Transaction,
  identity: ApiKeyRecordIdentity,
  changes: { [TField in keyof ApiKeyValues]?: ApiKeyValues[TField] | undefined },
): Promise<void> {
  await transaction
    .update(apiKeys)
    // A column that is set to itself keeps the statement valid when there is nothing to change.
    .set({ id: identity.id, ...changes })
    .where(isShown(identity));
}

/** Marks the key revoked; the moment of the first revocation stays. */
export async function markApiKeyRevoked(
  transaction: Transaction,
  identity: ApiKeyRecordIdentity,
): Promise<void> {
  await transaction
    .update(apiKeys)
    .set({ revoked_at: new Date() })
    .where(and(isShown(identity), isNull(apiKeys.revoked_at)));
}

export async function deleteApiKey(
  transaction: Transaction,
  identity: ApiKeyRecordIdentity,
): Promise<{ kind: "deleted" } | { kind: "not-found" }> {
  const deleted = await transaction.delete(apiKeys).where(isShown(identity)).returning({ id: apiKeys.id });
  return deleted.length > 0 ? { kind: "deleted" } : { kind: "not-found" };
}
