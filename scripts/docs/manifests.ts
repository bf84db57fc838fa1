import { globSync, readFileSync } from "node:fs";
import path from "node:path";

type Manifest = {
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
};

/** Names of the registry packages that any manifest of the checkout depends on. */
export function externalPackages(root: string): string[] {
  const names = globSync(
    ["package.json", "{packages,services}/*/package.json", "{bench,tests}/package.json"],
    {
      cwd: root,
    },
  ).flatMap((file) => {
    const { dependencies = {}, devDependencies = {} } = readManifest(path.join(root, file));
    return [...Object.keys(dependencies), ...Object.keys(devDependencies)];
  });
  return [...new Set(names.filter((name) => !name.startsWith("@perpetuo/")))].sort();
}

export function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, "utf8")) as Manifest;
}
