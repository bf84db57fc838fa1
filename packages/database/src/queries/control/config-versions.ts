import { hash } from "node:crypto";
import { canonicalJson } from "@perpetuo/contracts/canonical-json";
import type { ConfigSnapshot } from "@perpetuo/contracts/routing";
import { configVersions } from "../../schema/config-versions.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** SHA-256 (hex) of a snapshot's canonical text. */
function snapshotChecksum(snapshot: unknown): string {
  return hash("sha256", canonicalJson(snapshot), "hex");
}

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
    checksum: snapshotChecksum(snapshot),
    note: "The first version, made with the workspace.",
  });
}
