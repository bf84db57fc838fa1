import { randomBytes } from "node:crypto";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ConfigSnapshot } from "@perpetuo/contracts/routing";
import { type ApiKeyValues, insertApiKey } from "@perpetuo/database/queries/control/api-keys";
import { insertConfigVersion } from "@perpetuo/database/queries/control/config-versions";
import { insertDataKey } from "@perpetuo/database/queries/control/data-keys";
import { insertMembership } from "@perpetuo/database/queries/control/memberships";
import { insertWorkspace, type WorkspaceRow } from "@perpetuo/database/queries/control/workspaces";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import { generateApiKey } from "@perpetuo/security/api-key";
import { createDataKey } from "@perpetuo/security/envelope";
import type { MasterKeyring } from "@perpetuo/security/master-key";
import { snapshotChecksum } from "./publishing/snapshot-checksum.ts";

const longestSlugStem = 40;

/**
 * Makes a workspace with all that it needs to work: its owner, its data key and its first config version. The
 * transaction must be that of the new workspace's id.
 * @throws {PerpetuoError} `conflict` when the wanted slug is taken.
 */
export async function createWorkspace(
  transaction: Transaction,
  input: {
    workspace_id: string;
    user_id: string;
    name: string;
    slug?: string | undefined;
    keyring: MasterKeyring;
  },
): Promise<WorkspaceRow> {
  const { workspace_id, user_id, name, keyring } = input;
  const slug = input.slug ?? inventSlug(name);
  const workspace = await insertWorkspace(transaction, { id: workspace_id, slug, name, created_by: user_id });
  if (workspace === null)
    throw new PerpetuoError("conflict", { message: "The slug is taken.", param: "slug" });
  await insertMembership(transaction, { workspace_id, user_id, role: "owner" });
  const { plain, ...wrapped } = createDataKey(workspace_id, keyring);
  plain.fill(0);
  await insertDataKey(transaction, wrapped);
  await publishFirstConfig(transaction, { workspace_id, published_by: user_id });
  return workspace;
}

/** Without routes, provider keys are tried by priority. */
async function publishFirstConfig(
  transaction: Transaction,
  publication: { workspace_id: string; published_by: string },
): Promise<void> {
  const snapshot: ConfigSnapshot = { format: 1, routes: [], policies: [] };
  const note = "The first version, made with the workspace.";
  const checksum = snapshotChecksum(snapshot);
  await insertConfigVersion(transaction, { ...publication, version: 1, snapshot, checksum, note });
}

/** Makes an API key and returns its id and its text, which is stored nowhere. */
export async function issueApiKey(
  transaction: Transaction,
  key: ApiKeyValues & { workspace_id: string; created_by: string },
): Promise<{ id: string; text: string }> {
  const { text, hash, prefix } = generateApiKey();
  const id = uuidv7();
  await insertApiKey(transaction, { ...key, id, prefix, key_hash: hash });
  return { id, text };
}

/** A name in lower-case ASCII with a random end, so that workspaces of the same name do not collide. */
function inventSlug(name: string): string {
  const stem = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, longestSlugStem)
    .replace(/^-+|-+$/g, "");
  const suffix = randomBytes(4).toString("hex");
  return stem === "" ? `workspace-${suffix}` : `${stem}-${suffix}`;
}
