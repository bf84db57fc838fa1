import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";

export type Workspace = {
  /** The name without `@perpetuo/`. */
  name: string;
  /** Relative to the checkout, such as `packages/contracts`. */
  directory: string;
  exports: Record<string, unknown>;
  dependencies: string[];
  devDependencies: string[];
  /** Names of the workspaces that tsconfig.json references. */
  references: string[];
};

const scope = "@perpetuo/";

type Manifest = {
  name: string;
  exports?: Record<string, unknown>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
};

/** Every workspace of the checkout that has a package.json, with what it declares. */
export function readWorkspaces(root: string): Workspace[] {
  const { workspaces } = readJson<{ workspaces: string[] }>(path.join(root, "package.json"));
  return workspaces
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((directory) => existsSync(path.join(root, directory, "package.json")))
    .sort()
    .map((directory) => {
      const manifest = readJson<Manifest>(path.join(root, directory, "package.json"));
      return {
        name: manifest.name.slice(scope.length),
        directory,
        exports: manifest.exports ?? {},
        dependencies: Object.keys(manifest.dependencies ?? {}),
        devDependencies: Object.keys(manifest.devDependencies ?? {}),
        references: readReferences(path.join(root, directory)),
      };
    });
}

function readReferences(directory: string): string[] {
  type TsConfig = { references?: { path: string }[] };
  const { references = [] } = readJson<TsConfig>(path.join(directory, "tsconfig.json"));
  return references.map((reference) => path.basename(path.resolve(directory, reference.path)));
}

export function readJson<TValue>(file: string): TValue {
  return JSON.parse(readFileSync(file, "utf8")) as TValue;
}

/** The workspace that a package name or import specifier belongs to, or null when it is from elsewhere. */
export function workspaceOf(specifier: string): string | null {
  return specifier.startsWith(scope) ? (specifier.slice(scope.length).split("/")[0] ?? null) : null;
}
