import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { repositoryRoot } from "../harness/service-process.ts";

type Manifest = { scripts?: Record<string, string> };
type Lockfile = {
  packages: Record<
    string,
    { hasInstallScript?: boolean; integrity?: string; resolved?: string; link?: boolean }
  >;
};

/** What turns text into code, or into a command. */
const forbidden = /(?<!\.)\beval\(|\bFunction\(|from "(node:)?vm"|from "(node:)?child_process"/;

/** Files that start processes of their own, with fixed programs: none of them sees a request. */
const starters = new Set([
  "packages/database/src/embedded/location.ts",
  "packages/database/src/embedded/processes.ts",
  "packages/database/src/embedded/server.ts",
  "services/launcher/src/console-build.ts",
  "services/launcher/src/service-process.ts",
  "services/proxy/src/generation.ts",
]);

async function sources(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ["packages", "services"]) {
    const entries = await readdir(path.join(repositoryRoot, folder), { recursive: true });
    found.push(
      ...entries
        .filter((name) => /\.tsx?$/.test(name) && !/\.test[.-]|test-|node_modules|\/dist\//.test(name))
        .map((name) => `${folder}/${name}`),
    );
  }
  return found;
}

async function readJson<TValue>(name: string): Promise<TValue> {
  return JSON.parse(await readFile(path.join(repositoryRoot, name), "utf8")) as TValue;
}

it("T28 · no service turns text into code, and none but the named files starts a process", async () => {
  const files = await sources();
  expect(files.length).toBeGreaterThan(100);
  const offenders: string[] = [];
  for (const file of files) {
    if (starters.has(file)) continue;
    if (forbidden.test(await readFile(path.join(repositoryRoot, file), "utf8"))) offenders.push(file);
  }
  expect(offenders).toEqual([]);
});

it("T28 · no package of ours has a script that an installation runs", async () => {
  const manifests = ["package.json"];
  for (const folder of ["packages", "services"]) {
    for (const name of await readdir(path.join(repositoryRoot, folder))) {
      manifests.push(`${folder}/${name}/package.json`);
    }
  }
  for (const name of [...manifests, "bench/package.json", "tests/package.json"]) {
    const { scripts = {} } = await readJson<Manifest>(name);
    const run = Object.keys(scripts).filter((script) =>
      /^(pre|post)?(install|prepare|publish|pack)/.test(script),
    );
    expect(run, name).toEqual([]);
  }
});

it("T28 · every dependency is pinned by its digest, and installed without its scripts", async () => {
  const { packages } = await readJson<Lockfile>("package-lock.json");
  const external = Object.entries(packages).filter(
    ([name, entry]) => name.includes("node_modules/") && !entry.link,
  );
  expect(external.length).toBeGreaterThan(100);
  for (const [name, entry] of external) expect(entry.integrity, name).toMatch(/^sha512-/);
  for (const file of ["scripts/bootstrap/packages.mjs", "scripts/bootstrap/runtime.mjs", "Dockerfile"]) {
    expect(await readFile(path.join(repositoryRoot, file), "utf8"), file).toContain("--ignore-scripts");
  }
});
