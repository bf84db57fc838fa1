import type { ConfigReference, ConfigVersion } from "@perpetuo/contracts/api/config";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { type ConfigSnapshot, configSnapshotSchema } from "@perpetuo/contracts/routing";
import {
  type ConfigVersionRow,
  findConfigVersion,
  type StoredConfigVersion,
} from "@perpetuo/database/queries/control/config-versions";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { compileDraft, readDraft } from "./draft.ts";
import { snapshotChecksum } from "./snapshot-checksum.ts";

/** @throws {PerpetuoError} `not_found` when the workspace has published no such version. */
export async function requireVersion(
  transaction: Transaction,
  identity: { workspace_id: string; version: number },
): Promise<StoredConfigVersion> {
  const stored = await findConfigVersion(transaction, identity);
  if (stored === null) {
    throw new PerpetuoError("not_found", { message: `There is no version ${identity.version}.` });
  }
  return stored;
}

/**
 * What a stored version holds, in today's form.
 * @throws {PerpetuoError} `internal_error` when it is not what was published: somebody reached past the triggers that
 * keep versions as they are, or the storage lost a bit.
 */
export function openSnapshot({ version, snapshot, checksum }: StoredConfigVersion): ConfigSnapshot {
  // The stored text is what the checksum is of: parsing adds what a newer schema has.
  if (snapshotChecksum(snapshot) !== checksum) {
    throw new PerpetuoError("internal_error", {
      internal: `Config version ${version} does not have the checksum that it was published with.`,
    });
  }
  return configSnapshotSchema.parse(snapshot);
}

/** The snapshot that a reference means. @throws {PerpetuoError} `not_found` for a version that is not there. */
export async function readSnapshot(
  transaction: Transaction,
  { workspace_id, reference }: { workspace_id: string; reference: ConfigReference },
): Promise<ConfigSnapshot> {
  if (reference === "draft") return compileDraft(await readDraft(transaction, workspace_id));
  return openSnapshot(await requireVersion(transaction, { workspace_id, version: reference }));
}

/** A version as the API shows it, without its snapshot. */
export function presentVersion(row: ConfigVersionRow): ConfigVersion {
  const { version, checksum, published_by, published_at, note } = row;
  return { version, checksum, published_by, published_at: published_at.toISOString(), note };
}
