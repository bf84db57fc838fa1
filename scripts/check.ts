import { runNx } from "./run-nx.ts";

/** Runs every check, reports all of them, and fails when one fails. Nx keeps the results of what did not change. */
const targets = [
  "check",
  "check-types",
  "check-style",
  "check-promises",
  "check-layers",
  "check-dead-code",
  "check-links",
];

process.exitCode = await runNx(["run-many", "--targets", targets.join(","), "--nxBail=false"]);
