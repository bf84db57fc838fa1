import type { PublishingMode } from "@perpetuo/contracts/routing";
import { and, eq, isNull, sql } from "drizzle-orm";
import { providerKeys } from "../../schema/keys.ts";
import { workspaces } from "../../schema/workspaces.ts";
import type { Transaction } from "../../workspace-transaction.ts";

const publishing = sql<PublishingMode>`coalesce(${workspaces.settings} ->> 'publishing', 'automatic')`;
const isPresent = (workspaceId: string) => and(eq(workspaces.id, workspaceId), isNull(workspaces.deleted_at));

/** How the workspace publishes; null when it is gone. */
export async function findPublishingMode(
  transaction: Transaction,
  workspaceId: string,
): Promise<PublishingMode | null> {
  const [row] = await transaction.select({ publishing }).from(workspaces).where(isPresent(workspaceId));
  return row?.publishing ?? null;
}

/**
 * Keeps others from changing or publishing the workspace's draft until the transaction ends, so that versions follow
 * each other and none loses what another brought. Null when the workspace is gone.
 */
export async function holdDraft(
  transaction: Transaction,
  workspaceId: string,
): Promise<PublishingMode | null> {
  // Not "for update", which would also wait for every insertion of a row that refers to the workspace.
  const [row] = await transaction
    .select({ publishing })
    .from(workspaces)
    .where(isPresent(workspaceId))
    .for("no key update");
  return row?.publishing ?? null;
}

export async function setPublishingMode(
  transaction: Transaction,
  workspaceId: string,
  mode: PublishingMode,
): Promise<void> {
  await transaction
    .update(workspaces)
    .set({ settings: sql`${workspaces.settings} || jsonb_build_object('publishing', ${mode}::text)` })
    .where(isPresent(workspaceId));
}

/** What a draft's targets can name. */
export type NamedProviderKey = { id: string; name: string; enabled: boolean };

/** The workspace's provider keys, none of which can be removed before the transaction ends. */
export async function holdProviderKeys(
  transaction: Transaction,
  workspaceId: string,
): Promise<NamedProviderKey[]> {
  return transaction
    .select({ id: providerKeys.id, name: providerKeys.name, enabled: providerKeys.enabled })
    .from(providerKeys)
    .where(eq(providerKeys.workspace_id, workspaceId))
    .orderBy(providerKeys.id)
    .for("key share");
}
