import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { BootstrapError, explainFailure } from "./failures.mjs";
import { runNpm } from "./npm.mjs";
import { root } from "./paths.mjs";

const modules = path.join(root, "node_modules");
const stampFile = path.join(modules, ".perpetuo-stamp");

/** What an installation depends on: every manifest, the lockfile, the platform and the pinned Node. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const file of [".nvmrc", "package.json", "package-lock.json", ...workspaceManifests()]) {
    hash
      .update(`${file}\0`)
      .update(fs.readFileSync(path.join(root, file)))
      .update("\0");
  }
  return hash.update(`${process.platform}-${process.arch}`).digest("hex");
}

function workspaceManifests() {
  const { workspaces } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const directories = workspaces.flatMap((pattern) => {
    if (!pattern.endsWith("/*")) return [pattern];
    const parent = pattern.slice(0, -2);
    return fs.readdirSync(path.join(root, parent)).map((name) => `${parent}/${name}`);
  });
  return directories
    .map((directory) => `${directory}/package.json`)
    .filter((file) => fs.existsSync(path.join(root, file)))
    .sort();
}

/** Whether node_modules was completed for exactly these manifests. */
export function packagesAreCurrent() {
  try {
    return fs.readFileSync(stampFile, "utf8") === fingerprint();
  } catch {
    return false;
  }
}

/**
 * Installs what the lockfile names. `npm ci` is not used: the lockfile lacks the binaries of some platforms, which
 * `npm install` resolves. No package's install script runs, and the lockfile stays as it is.
 */
export async function installPackages(node) {
  console.error("perpetuo: installing the packages (when they change) …");
  try {
    fs.rmSync(stampFile, { force: true });
  } catch (error) {
    throw new BootstrapError(explainFailure("install the packages", String(error), root), { cause: error });
  }
  const flags = [
    "--no-save",
    "--ignore-scripts",
    "--include=dev",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
  ];
  await runNpm({
    node,
    npmArguments: ["install", ...flags],
    directory: root,
    what: "install the packages",
    progress: () => `, ${countPackages()} packages`,
  });
  fs.writeFileSync(stampFile, fingerprint());
}

function countPackages() {
  const list = (directory) => (fs.existsSync(directory) ? fs.readdirSync(directory) : []);
  return list(modules)
    .filter((name) => !name.startsWith("."))
    .reduce((count, name) => count + (name.startsWith("@") ? list(path.join(modules, name)).length : 1), 0);
}
