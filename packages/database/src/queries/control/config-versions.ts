import { hash } from "node:crypto";
import type { ConfigSnapshot } from "@perpetuo/contracts/routing";
import { configVersions } from "../../schema/config-versions.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** Publishes a workspace's first config: no routes, so that provider keys are tried by priority. */
export async function insertFirstConfigVersion(
  transaction: Transaction,
  publication: { workspace_id: string; published_by: string },
): Promise<void> {
  const snapshot: ConfigSnapshot = { format: 1, routes: [], policies: [] };
  await transaction.insert(configVersions).values({
    ...publication,
    version: 1,
    snapshot,
    checksum: hash("sha256", JSON.stringify(snapshot), "hex"),
    note: "The first version, made with the workspace.",
  });
}
