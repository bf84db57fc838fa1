import { globSync } from "node:fs";
import path from "node:path";
import { type Import, importsOf } from "./imports.ts";
import { type Layer, layers } from "./table.ts";
import { type Workspace, workspaceOf } from "./workspaces.ts";

/** What is wrong with the layering of a checkout, one sentence each; empty when all is well. */
export function findViolations(root: string, workspaces: readonly Workspace[]): string[] {
  return workspaces.flatMap((workspace) => {
    const layer = layers[workspace.name];
    if (layer === undefined) {
      return [`${workspace.directory} has no row in scripts/layers/table.ts: decide what it may import.`];
    }
    return [
      ...checkManifest(workspace, layer),
      ...checkReferences(workspace),
      ...checkExports(workspace),
      ...checkSources(root, workspace, layer),
    ];
  });
}

function checkManifest({ directory, dependencies, devDependencies }: Workspace, layer: Layer): string[] {
  const fine = [...layer.may, ...(layer.typesOf ?? [])];
  const upward = [...dependencies, ...devDependencies]
    .filter((name) => !fine.includes(workspaceOf(name) ?? fine[0] ?? ""))
    .filter((name) => workspaceOf(name) !== null)
    .map((name) => `${directory}/package.json depends on ${name}, which its layer may not import.`);
  const runtimeOfTypes = dependencies
    .filter((name) => layer.typesOf?.includes(workspaceOf(name) ?? ""))
    .map(
      (name) => `${directory}/package.json has ${name} as a run-time dependency; it may see its types only.`,
    );
  const externals = dependencies.filter((name) => workspaceOf(name) === null);
  const foreign = externals
    .filter((name) => layer.onlyExternals?.includes(name) === false || layer.never?.some(matches(name)))
    .map((name) => `${directory}/package.json depends on ${name}, which does not belong into this layer.`);
  return [...upward, ...runtimeOfTypes, ...foreign];
}

function matches(name: string): (pattern: string) => boolean {
  return (pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern);
}

/** References are what `tsc -b` builds first: one too few breaks a clean build, one too many hides a wrong import. */
function checkReferences({ directory, dependencies, devDependencies, references }: Workspace): string[] {
  const declared = [...dependencies, ...devDependencies].flatMap((name) => workspaceOf(name) ?? []);
  const missing = declared
    .filter((name) => !references.includes(name))
    .map((name) => `${directory}/tsconfig.json lacks a reference to ${name}, which package.json declares.`);
  const surplus = references
    .filter((name) => !declared.includes(name))
    .map((name) => `${directory}/tsconfig.json references ${name}, which package.json does not declare.`);
  return [...missing, ...surplus];
}

/** A package is entered by file, never through an index that loads all of it. */
function checkExports({ directory, name, exports }: Workspace): string[] {
  const isTypesOnly = (target: unknown) =>
    typeof target === "object" && target !== null && Object.keys(target).join() === "types";
  if (name === "control") {
    return Object.entries(exports)
      .filter(([, target]) => !isTypesOnly(target))
      .map(
        ([entry]) => `${directory}/package.json exports ${entry} at run time; control exports types only.`,
      );
  }
  return Object.entries(exports)
    .filter(([entry, target]) => !/^\.\/.*\*$/.test(entry) || typeof target !== "string")
    .map(
      ([entry]) => `${directory}/package.json exports ${entry}: export files by pattern, without a barrel.`,
    );
}

function checkSources(root: string, workspace: Workspace, layer: Layer): string[] {
  const cwd = path.join(root, workspace.directory);
  const files = globSync("src/**/*.{ts,tsx}", { cwd });
  const barrels = files
    .filter((file) => /^index\.tsx?$/.test(path.basename(file)) && !file.includes("/adapters/"))
    .map((file) => `${workspace.directory}/${file} is named like a barrel: import files by their own names.`);
  const imports = files.flatMap((file) =>
    importsOf(path.join(cwd, file)).flatMap((imported) => {
      const where = `${workspace.directory}/${file}:${imported.line}`;
      return explainImport({ workspace, layer, file, imported }).map((reason) => `${where} ${reason}`);
    }),
  );
  return [...barrels, ...imports];
}

type Found = { workspace: Workspace; layer: Layer; file: string; imported: Import };

function explainImport({ workspace, layer, file, imported }: Found): string[] {
  const { specifier, typeOnly } = imported;
  if (specifier.startsWith(".")) {
    const inside = !path.normalize(path.join(path.dirname(file), specifier)).startsWith("..");
    return inside ? [] : [`leaves its package by ${specifier}: import @perpetuo/<package>/<file>.`];
  }
  const target = workspaceOf(specifier);
  if (target === workspace.name) return [`imports its own package by name: use a relative path.`];
  if (target !== null && layer.typesOf?.includes(target)) {
    return typeOnly
      ? []
      : [`imports ${specifier} at run time; ${workspace.name} sees ${target} as a type only.`];
  }
  if (target !== null && !layer.may.includes(target)) {
    return [`imports ${specifier}: ${workspace.name} may import ${layer.may.join(", ") || "no workspace"}.`];
  }
  if (specifier === "uWebSockets.js" && workspace.name === "proxy" && !mayKnowSockets(file, imported)) {
    return ["imports uWebSockets.js: server.ts alone touches `res`, so that no write follows an abort."];
  }
  return [];
}

/** Elsewhere in the proxy the type of a request's head may be named, which is read once and never after an await. */
function mayKnowSockets(file: string, { typeOnly, clause }: Import): boolean {
  // The port is opened and closed without sight of any answer.
  if (file === "src/server.ts" || file === "src/port.ts" || file.endsWith(".test.ts")) return true;
  return typeOnly && /^\s*type\s*\{\s*HttpRequest\s*\}\s*$/.test(clause);
}
