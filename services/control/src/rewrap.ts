import type { Database } from "@perpetuo/database/connection";
import {
  listAllWorkspaceIds,
  lockDataKeysWrappedByOthers,
  updateWrapping,
} from "@perpetuo/database/queries/control/data-keys";
import { inWorkspace } from "@perpetuo/database/workspace-transaction";
import { rewrapDataKey } from "@perpetuo/security/envelope";
import type { MasterKeyring } from "@perpetuo/security/master-key";

/** Who the audit trail names for the change. */
const actor = "rewrap-data-keys";

export type RewrapProgress = { done: number; workspaces: number };

/** `failures` are workspaces whose keys stay as they were, each with the reason; the others are done. */
export type RewrapReport = {
  workspaces: number;
  rewrapped: number;
  failures: { workspace_id: string; error: unknown }[];
};

/**
 * Wraps every data key under the current master key, one workspace a transaction. It can be stopped and run again
 * at any time, beside running services: what is done is passed over. Ciphertexts of provider keys stay as they are.
 * @param owner the database as its owner, the one role that can enumerate workspaces.
 */
export async function rewrapDataKeys(
  owner: Database,
  keyring: MasterKeyring,
  onProgress: (progress: RewrapProgress) => void,
): Promise<RewrapReport> {
  const ids = await listAllWorkspaceIds(owner);
  const report: RewrapReport = { workspaces: ids.length, rewrapped: 0, failures: [] };
  for (const [index, workspace_id] of ids.entries()) {
    try {
      report.rewrapped += await rewrapWorkspace(owner, workspace_id, keyring);
    } catch (error) {
      report.failures.push({ workspace_id, error });
    }
    onProgress({ done: index + 1, workspaces: ids.length });
  }
  return report;
}

async function rewrapWorkspace(
  owner: Database,
  workspace_id: string,
  keyring: MasterKeyring,
): Promise<number> {
  return inWorkspace(owner, { workspace_id, actor }, async (transaction) => {
    const dataKeys = await lockDataKeysWrappedByOthers(transaction, workspace_id, keyring.current.id);
    for (const dataKey of dataKeys) await updateWrapping(transaction, rewrapDataKey(dataKey, keyring));
    return dataKeys.length;
  });
}
