import type { Publication } from "@perpetuo/contracts/api/config";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ConfigSnapshot, PublishingMode } from "@perpetuo/contracts/routing";
import {
  findLatestConfigVersion,
  insertConfigVersion,
  type StoredConfigVersion,
} from "@perpetuo/database/queries/control/config-versions";
import {
  holdDraft,
  holdProviderKeys,
  type NamedProviderKey,
} from "@perpetuo/database/queries/control/drafts";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { checkSnapshot } from "./check-snapshot.ts";
import { compileDraft, readDraft } from "./draft.ts";
import type { Remarks } from "./remarks.ts";
import { snapshotChecksum } from "./snapshot-checksum.ts";

/** Who publishes, where, and what the history will say of it. */
export type Publisher = { workspace_id: string; user_id: string; note: string | null };

/** A snapshot that could be published, beside the version in force. */
export type Candidate = Remarks & {
  snapshot: ConfigSnapshot;
  checksum: string;
  latest: StoredConfigVersion | null;
};

/**
 * Keeps everybody else from the workspace's draft until the transaction ends.
 * @throws {PerpetuoError} `not_found` when the workspace was deleted meanwhile.
 */
export async function requireDraft(transaction: Transaction, workspaceId: string): Promise<PublishingMode> {
  const mode = await holdDraft(transaction, workspaceId);
  if (mode === null) throw new PerpetuoError("not_found", { message: "There is no such workspace." });
  return mode;
}

/** Compares a snapshot with the version in force and checks it against the workspace's provider keys. */
export async function considerSnapshot(
  transaction: Transaction,
  { workspace_id, snapshot }: { workspace_id: string; snapshot: ConfigSnapshot },
  providerKeys: readonly NamedProviderKey[],
): Promise<Candidate> {
  const latest = await findLatestConfigVersion(transaction, workspace_id);
  const remarks = checkSnapshot(snapshot, providerKeys);
  return { ...remarks, snapshot, checksum: snapshotChecksum(snapshot), latest };
}

/**
 * Publishes the draft when it differs from what is published, has no problems and `mode` is automatic; the answer says
 * which of these it was. The caller holds the draft.
 * @throws {PerpetuoError} `conflict` when the draft is not the one of `expectedChecksum`.
 */
export async function publishDraft(
  transaction: Transaction,
  publisher: Publisher,
  { mode, expectedChecksum }: { mode: PublishingMode; expectedChecksum?: string | undefined },
): Promise<Publication> {
  const { workspace_id } = publisher;
  const snapshot = compileDraft(await readDraft(transaction, workspace_id));
  const keys = await holdProviderKeys(transaction, workspace_id);
  const candidate = await considerSnapshot(transaction, { workspace_id, snapshot }, keys);
  if (expectedChecksum !== undefined && expectedChecksum !== candidate.checksum) {
    throw new PerpetuoError("conflict", {
      message: "The routes and policies were changed after you read them. Look at them again, then publish.",
      param: "expected_checksum",
    });
  }
  if (
    mode === "manual" &&
    candidate.problems.length === 0 &&
    candidate.checksum !== candidate.latest?.checksum
  ) {
    return answer("waiting", candidate, candidate.latest?.version ?? null);
  }
  return publishCandidate(transaction, publisher, candidate);
}

/** Adds the version after the latest, unless the candidate has problems or says what is published already. */
export async function publishCandidate(
  transaction: Transaction,
  publisher: Publisher,
  candidate: Candidate,
): Promise<Publication> {
  const { snapshot, checksum, latest, problems } = candidate;
  if (checksum === latest?.checksum) return answer("unchanged", candidate, latest.version);
  if (problems.length > 0) return answer("blocked", candidate, latest?.version ?? null);
  const { workspace_id, user_id, note } = publisher;
  const version = (latest?.version ?? 0) + 1;
  await insertConfigVersion(transaction, {
    workspace_id,
    version,
    snapshot,
    checksum,
    published_by: user_id,
    note,
  });
  return answer("published", candidate, version);
}

function answer(
  kind: Publication["kind"],
  { problems, warnings }: Remarks,
  version: number | null,
): Publication {
  return { kind, version, problems, warnings };
}

/** Somebody asked for a publication that cannot be: every problem at once. */
export function draftInvalid({ problems, warnings }: Remarks, message?: string): PerpetuoError {
  return new PerpetuoError("draft_invalid", {
    ...(message === undefined ? {} : { message }),
    details: { problems, warnings },
  });
}
