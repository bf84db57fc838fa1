import { hash } from "node:crypto";
import { canonicalJson } from "@perpetuo/contracts/canonical-json";
import type { ConfigSnapshot } from "@perpetuo/contracts/routing";

/** SHA-256 (hex) of a snapshot's canonical text: equal snapshots have equal checksums. */
export function snapshotChecksum(snapshot: ConfigSnapshot): string {
  return hash("sha256", canonicalJson(snapshot), "hex");
}
