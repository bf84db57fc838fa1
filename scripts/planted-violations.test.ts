import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Copy, copyCheckout, tool } from "./planted/copy.ts";
import {
  importViolations,
  layerViolations,
  linkViolation,
  promiseViolations,
  styleViolations,
  typeViolations,
  type Violation,
} from "./planted/violations.ts";

/** What a tool says about one file, from output that names the file on every line or before its findings. */
function about(output: string, { file }: Violation): string {
  return output
    .split("\n")
    .filter((line) => line.includes(file))
    .join("\n");
}

describe("Biome", () => {
  let copy: Copy;
  let report: { code: number; output: string };
  const planted = [...layerViolations, ...styleViolations];

  beforeAll(() => {
    copy = copyCheckout();
    copy.plant(planted);
    report = copy.run(tool("biome"), [
      "check",
      "--reporter=github",
      "--max-diagnostics=none",
      "--error-on-warnings",
    ]);
  });
  afterAll(() => copy[Symbol.dispose]());

  it("check · fails", () => {
    expect(report.code).not.toBe(0);
  });

  it.each(planted)("check · refuses $file with the reason", (violation) => {
    expect(about(report.output, violation)).toContain(violation.says);
  });
});

describe("tsc, oxlint and knip", () => {
  let copy: Copy;

  beforeAll(() => {
    copy = copyCheckout();
  });
  afterAll(() => copy[Symbol.dispose]());

  it("tsc · refuses what the types forbid", () => {
    copy.plant(typeViolations);
    const report = copy.run(tool("tsc"), ["-b", "packages/contracts", "--pretty", "false"]);
    expect(report.code).not.toBe(0);
    for (const violation of typeViolations) expect(about(report.output, violation)).toContain(violation.says);
  });

  it("oxlint · refuses lost promises", () => {
    copy.plant(promiseViolations);
    const report = copy.run(tool("oxlint"), ["--format=unix", "packages/contracts/src"]);
    expect(report.code).not.toBe(0);
    for (const violation of promiseViolations)
      expect(about(report.output, violation)).toContain(violation.says);
  });

  it("knip · refuses a dead file, a dead export and an unused dependency", () => {
    const manifest = path.join(copy.directory, "packages/security/package.json");
    const parsed = JSON.parse(readFileSync(manifest, "utf8")) as { dependencies: Record<string, string> };
    parsed.dependencies["postgres"] = "3.4.9";
    writeFileSync(manifest, JSON.stringify(parsed));
    copy.plant([
      { file: "scripts/docs/dead-file.ts", text: "export const dead = 1;\n", says: "" },
      { file: "packages/security/src/dead-export.ts", text: "export const deadExport = 1;\n", says: "" },
    ]);
    const report = copy.run(tool("knip"), ["--no-config-hints", "--reporter=compact"]);
    expect(report.code).not.toBe(0);
    expect(report.output).toContain("scripts/docs/dead-file.ts");
    expect(report.output).toContain("packages/security/src/dead-export.ts: deadExport");
    expect(report.output).toMatch(/packages\/security\/package\.json: .*postgres/);
  });
});

describe("the layer and link checks", () => {
  let copy: Copy;

  beforeAll(() => {
    copy = copyCheckout();
    copy.plant([...importViolations, linkViolation]);
  });
  afterAll(() => copy[Symbol.dispose]());

  const check = (script: string) =>
    copy.run(process.execPath, [path.join(import.meta.dirname, script), copy.directory]);

  const changeJson = (file: string, change: (value: Record<string, unknown>) => void) => {
    const full = path.join(copy.directory, file);
    const value = JSON.parse(readFileSync(full, "utf8")) as Record<string, unknown>;
    change(value);
    writeFileSync(full, JSON.stringify(value));
  };

  it("check-layers · refuses imports that the table forbids", () => {
    const report = check("check-layers.ts");
    expect(report.code).not.toBe(0);
    for (const violation of importViolations)
      expect(about(report.output, violation)).toContain(violation.says);
  });

  it("check-layers · refuses manifests and references that the table forbids", () => {
    changeJson("packages/gateway/package.json", (manifest) => {
      manifest["dependencies"] = { "@perpetuo/database": "0.1.0", undici: "8.12.4" };
    });
    changeJson("packages/client/package.json", (manifest) => {
      manifest["dependencies"] = { "@perpetuo/control": "0.1.0" };
    });
    changeJson("packages/security/package.json", (manifest) => {
      manifest["exports"] = { ".": "./src/index.ts" };
    });
    changeJson("packages/runtime/tsconfig.json", (config) => {
      config["references"] = [{ path: "../database" }];
    });
    copy.plant([
      { file: "services/novelty/package.json", text: '{ "name": "@perpetuo/novelty" }', says: "" },
      { file: "services/novelty/tsconfig.json", text: "{}", says: "" },
    ]);
    const { output } = check("check-layers.ts");
    expect(output).toContain("packages/gateway/package.json depends on @perpetuo/database");
    expect(output).toContain("packages/gateway/package.json depends on undici");
    expect(output).toContain("packages/client/package.json has @perpetuo/control as a run-time dependency");
    expect(output).toContain("packages/security/package.json exports .:");
    expect(output).toContain("packages/runtime/tsconfig.json references database");
    expect(output).toContain("packages/runtime/tsconfig.json lacks a reference to contracts");
    expect(output).toContain("services/novelty has no row");
  });

  it("check-links · refuses a link to nowhere", () => {
    const report = check("check-links.ts");
    expect(report.code).not.toBe(0);
    expect(about(report.output, linkViolation)).toContain(linkViolation.says);
    expect(report.output).toContain("docs/planted.md links to ../README.md#no-such-heading");
  });
});
