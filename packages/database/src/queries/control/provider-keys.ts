import type { ProviderName } from "@perpetuo/contracts/providers";
import { and, asc, eq } from "drizzle-orm";
import { providerKeys } from "../../schema/keys.ts";
import { providerKeyHealth } from "../../schema/usage.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** A provider key of one workspace. */
export type ProviderKeyIdentity = { workspace_id: string; id: string };

const shownColumns = {
  id: providerKeys.id,
  provider: providerKeys.provider,
  name: providerKeys.name,
  last_four: providerKeys.last_four,
  base_url: providerKeys.base_url,
  models: providerKeys.models,
  priority: providerKeys.priority,
  weight: providerKeys.weight,
  enabled: providerKeys.enabled,
  created_at: providerKeys.created_at,
  updated_at: providerKeys.updated_at,
};

const healthColumns = {
  last_outcome: providerKeyHealth.last_outcome,
  last_success_at: providerKeyHealth.last_success_at,
  failing_since: providerKeyHealth.failing_since,
  last_error: providerKeyHealth.last_error,
};

/** What may be shown of a provider key, with what the proxy last saw of it; `health` is null before its first use. */
export type ProviderKeyRow = {
  id: string;
  provider: ProviderName;
  name: string;
  last_four: string;
  base_url: string | null;
  models: string[] | null;
  priority: number;
  weight: number;
  enabled: boolean;
  created_at: Date;
  updated_at: Date;
  health: {
    last_outcome: "healthy" | "failing";
    last_success_at: Date | null;
    failing_since: Date | null;
    last_error: string | null;
  } | null;
};

/** What a person decides about a provider key; the credential comes sealed. */
export type ProviderKeyValues = {
  provider: ProviderName;
  name: string;
  ciphertext: string;
  key_id: string;
  last_four: string;
  base_url: string | null;
  models: string[] | null;
  priority: number;
  weight: number;
  enabled: boolean;
};

function selectProviderKeys(transaction: Transaction) {
  return transaction
    .select({ ...shownColumns, health: healthColumns })
    .from(providerKeys)
    .leftJoin(
      providerKeyHealth,
      and(
        eq(providerKeyHealth.workspace_id, providerKeys.workspace_id),
        eq(providerKeyHealth.provider_key_id, providerKeys.id),
      ),
    );
}

/** A workspace's provider keys, first choice first. */
export async function listProviderKeys(
  transaction: Transaction,
  workspaceId: string,
): Promise<ProviderKeyRow[]> {
  return selectProviderKeys(transaction)
    .where(eq(providerKeys.workspace_id, workspaceId))
    .orderBy(asc(providerKeys.priority), asc(providerKeys.created_at), asc(providerKeys.id));
}

export async function findProviderKey(
  transaction: Transaction,
  { workspace_id, id }: ProviderKeyIdentity,
): Promise<ProviderKeyRow | null> {
  const [row] = await selectProviderKeys(transaction).where(
    and(eq(providerKeys.workspace_id, workspace_id), eq(providerKeys.id, id)),
  );
  return row ?? null;
}

/** What is needed to open or re-seal the credential; locked until the transaction ends. */
export async function lockProviderKeySecret(
  transaction: Transaction,
  { workspace_id, id }: ProviderKeyIdentity,
): Promise<Pick<ProviderKeyValues, "provider" | "base_url" | "ciphertext" | "key_id"> | null> {
  const [row] = await transaction
    .select({
      provider: providerKeys.provider,
      base_url: providerKeys.base_url,
      ciphertext: providerKeys.ciphertext,
      key_id: providerKeys.key_id,
    })
    .from(providerKeys)
    .where(and(eq(providerKeys.workspace_id, workspace_id), eq(providerKeys.id, id)))
    .for("update");
  return row ?? null;
}

/** @throws the driver's unique violation when the name is taken. */
export async function insertProviderKey(
  transaction: Transaction,
  key: ProviderKeyIdentity & ProviderKeyValues & { created_by: string },
): Promise<void> {
  await transaction.insert(providerKeys).values(key);
}

/** Changes the named fields. @throws the driver's unique violation when the name is taken. */
export async function updateProviderKey(
  transaction: Transaction,
  { workspace_id, id }: ProviderKeyIdentity,
  changes: { [TField in keyof ProviderKeyValues]?: ProviderKeyValues[TField] | undefined },
): Promise<void> {
  await transaction
    .update(providerKeys)
    .set({ ...changes, updated_at: new Date() })
    .where(and(eq(providerKeys.workspace_id, workspace_id), eq(providerKeys.id, id)));
}

export async function deleteProviderKey(
  transaction: Transaction,
  { workspace_id, id }: ProviderKeyIdentity,
): Promise<{ kind: "deleted" } | { kind: "not-found" }> {
  const deleted = await transaction
    .delete(providerKeys)
    .where(and(eq(providerKeys.workspace_id, workspace_id), eq(providerKeys.id, id)))
    .returning({ id: providerKeys.id });
  return deleted.length > 0 ? { kind: "deleted" } : { kind: "not-found" };
}
