/** A file that breaks one rule, and what the tool that holds the rule says about it. */
export type Violation = { file: string; text: string; says: string };

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");

/** An import that goes the wrong way, where the code stands, and the reason that Biome gives for the ban. */
const importing = (file: string, module: string, says: string): Violation => ({
  file,
  text: `import { planted } from "${module}";\n\nexport const use = planted;\n`,
  says,
});

/** Imports against the layers: one for every ban in biome.json. */
export const layerViolations: readonly Violation[] = [
  importing(
    "packages/contracts/src/planted-a.ts",
    "@perpetuo/gateway/plan",
    "packages/contracts is the lowest layer",
  ),
  importing("packages/contracts/src/planted-b.ts", "node:fs", "packages/contracts also runs in the browser"),
  importing(
    "packages/gateway/src/planted-a.ts",
    "@perpetuo/runtime/logger",
    "packages/gateway stands on packages/contracts alone",
  ),
  importing("packages/gateway/src/planted-b.ts", "node:fs/promises", "packages/gateway is pure"),
  importing("packages/gateway/src/planted-c.ts", "undici", "packages/gateway is pure"),
  importing(
    "packages/security/src/planted-a.ts",
    "@perpetuo/database/roles",
    "packages/security stands on packages/contracts alone",
  ),
  importing("packages/security/src/planted-b.ts", "node:fs", "packages/security computes"),
  importing(
    "packages/runtime/src/planted.ts",
    "@perpetuo/gateway/plan",
    "packages/runtime stands on packages/contracts alone",
  ),
  importing(
    "packages/database/src/planted.ts",
    "@perpetuo/gateway/plan",
    "packages/database stands on packages/contracts alone",
  ),
  importing(
    "services/proxy/src/planted-a.ts",
    "@perpetuo/control/router",
    "The data plane knows no other service",
  ),
  importing("services/proxy/src/planted-b.ts", "@trpc/server", "The data plane has no control API"),
  importing("services/proxy/src/planted-c.ts", "postgres", "Only packages/database speaks SQL"),
  importing("services/proxy/src/phases/planted-a.ts", "undici", "A phase does no I/O of its own"),
  importing("services/proxy/src/phases/planted-b.ts", "node:fs", "A phase does no I/O of its own"),
  importing(
    "services/proxy/src/phases/planted-c.ts",
    "@perpetuo/database/connection",
    "A phase does no I/O of its own",
  ),
  importing("services/proxy/src/phases/planted-d.ts", "../spool.ts", "gets its I/O through `deps`"),
  importing("services/control/src/planted-a.ts", "@perpetuo/gateway/plan", "nothing of the hot path"),
  importing("services/control/src/planted-b.ts", "drizzle-orm", "Only packages/database speaks SQL"),
  importing("services/control/src/planted-c.ts", "uWebSockets.js", "The control plane is served by Fastify"),
  importing(
    "services/mock-provider/src/planted.ts",
    "@perpetuo/gateway/plan",
    "The mock provider stands for a vendor",
  ),
  importing(
    "services/launcher/src/planted-a.ts",
    "@perpetuo/proxy/start",
    "The launcher starts the services as processes",
  ),
  importing("services/launcher/src/planted-b.ts", "drizzle-orm/pg-core", "Only packages/database speaks SQL"),
  importing(
    "packages/client/src/planted-a.ts",
    "@perpetuo/database/roles",
    "no server code reaches a browser",
  ),
  importing("packages/client/src/planted-b.ts", "node:fs", "The client runs in the browser"),
  importing("services/console/src/planted-a.ts", "@perpetuo/security/api-key", "never reach a browser"),
  importing(
    "services/console/src/planted-b.ts",
    "@trpc/client",
    "The console takes its typed hooks from packages/client",
  ),
  importing("services/console/src/planted-c.ts", "node:path", "The console runs in the browser"),
  importing("bench/src/planted.ts", "@perpetuo/gateway/plan", "bench speaks HTTP to the system"),
];

/** Style, each in packages/contracts, named by Biome's rule. */
export const styleViolations: readonly Violation[] = [
  ["undeclared", `export { default as chalk } from "chalk";\n`, "lint/correctness/noUndeclaredDependencies"],
  [
    "cycle-a",
    `import { b } from "./cycle-b.ts";\n\nexport const a = (): number => b();\n`,
    "lint/suspicious/noImportCycles",
  ],
  [
    "cycle-b",
    `import { a } from "./cycle-a.ts";\n\nexport const b = (): number => a();\n`,
    "lint/suspicious/noImportCycles",
  ],
  ["environment", "export const home = process.env.HOME;\n", "lint/style/noProcessEnv"],
  ["any", "export const value = JSON.parse('1') as any;\n", "lint/suspicious/noExplicitAny"],
  ["ignore", "// @ts-ignore\nexport const value: number = 'text';\n", "lint/suspicious/noTsIgnore"],
  ["printing", "console.log('planted');\n", "lint/suspicious/noConsole"],
  [
    "skipped.test",
    `import { it } from "vitest";\n\nit.skip("does nothing", () => {});\n`,
    "lint/suspicious/noSkippedTests",
  ],
  [
    "focused.test",
    `import { it } from "vitest";\n\nit.only("is alone", () => {});\n`,
    "lint/suspicious/noFocusedTests",
  ],
  ["default", "export default 1;\n", "lint/style/noDefaultExport"],
  ["enumeration", "export enum Colour {\n  Red,\n}\n", "lint/style/noEnum"],
  [
    "parameter",
    "export class Box {\n  constructor(readonly value: number) {}\n}\n",
    "lint/style/noParameterProperties",
  ],
  ["CamelCase", "export const value = 1;\n", "lint/style/useFilenamingConvention"],
  [
    "lost-cause",
    "try {\n  JSON.parse('');\n} catch (error) {\n  throw new Error('no');\n}\n",
    "lint/style/useErrorCause",
  ],
  [
    "long-file",
    lines(301, (index) => `export const value${index} = ${index};`),
    "lint/style/noExcessiveLinesPerFile",
  ],
  [
    "long-function",
    `export function long(values: number[]): void {\n${lines(61, (index) => `  values.push(${index});`)}\n}\n`,
    "lint/complexity/noExcessiveLinesPerFunction",
  ],
  [
    "four",
    "export const four = (a: number, b: number, c: number, d: number) => a + b + c + d;\n",
    "lint/complexity/useMaxParams",
  ],
  ["barrel", `export * from "./usage.ts";\n`, "lint/performance/noReExportAll"],
  [
    "extension",
    `import { noUsage } from "./usage";\n\nexport const none = noUsage;\n`,
    "lint/correctness/useImportExtensions",
  ],
  ["unformatted", "export const   spaced   = 1\n", "format"],
].map(([name = "", text = "", says = ""]) => ({ file: `packages/contracts/src/${name}.ts`, text, says }));

/** Types and promises, in packages/contracts, which references nothing. */
export const typeViolations: readonly Violation[] = [
  {
    file: "packages/contracts/src/typed-a.ts",
    text: `export const count: number = "text";\n`,
    says: "TS2322",
  },
  {
    file: "packages/contracts/src/typed-b.ts",
    text: "export const first = (list: number[]): number => list[0];\n",
    says: "TS2322",
  },
  { file: "packages/contracts/src/typed-c.ts", text: "export enum Colour {\n  Red,\n}\n", says: "TS1294" },
  {
    file: "packages/contracts/src/typed-d.ts",
    text: `export { findApiKey } from "../../database/src/queries/proxy/find-api-key.ts";\n`,
    says: "TS6059",
  },
];

const promiseViolation = (name: string, text: string, says: string): Violation => ({
  file: `packages/contracts/src/promise-${name}.ts`,
  text,
  says,
});

export const promiseViolations: readonly Violation[] = [
  promiseViolation(
    "floating",
    "export function go(): void {\n  Promise.resolve(1);\n}\n",
    "no-floating-promises",
  ),
  // An un-awaited query builder never runs, and is a thenable rather than a promise.
  promiseViolation(
    "thenable",
    "type Query = { then(done: (rows: number[]) => void, failed: () => void): void };\n\nexport function go(query: Query): void {\n  query;\n}\n",
    "no-floating-promises",
  ),
  promiseViolation(
    "condition",
    "export const is = (work: Promise<boolean>) => (work ? 1 : 2);\n",
    "no-misused-promises",
  ),
  promiseViolation(
    "callback",
    "export const go = (list: number[]) => list.forEach(async (item) => item);\n",
    "no-misused-promises",
  ),
  promiseViolation("await", "export const go = async (value: number) => await value;\n", "await-thenable"),
  promiseViolation(
    "return",
    "export async function go(work: Promise<number>): Promise<number> {\n  try {\n    return work;\n  } catch {\n    return 0;\n  }\n}\n",
    "return-await",
  ),
  promiseViolation(
    "reject",
    "export const go = () => Promise.reject('text');\n",
    "prefer-promise-reject-errors",
  ),
  promiseViolation(
    "switch",
    "export function go(kind: 'a' | 'b'): number {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}\n",
    "switch-exhaustiveness-check",
  ),
];

/** Imports that the layer check finds because they depend on more than the specifier. */
export const importViolations: readonly Violation[] = [
  {
    file: "packages/client/src/run-time.ts",
    text: `import { appRouter } from "@perpetuo/control/router";\n`,
    says: "client sees control as a type only",
  },
  {
    file: "services/console/src/run-time.ts",
    text: `import { appRouter } from "@perpetuo/control/router";\n`,
    says: "console sees control as a type only",
  },
  {
    file: "services/proxy/src/socket.ts",
    text: `import { App } from "uWebSockets.js";\n`,
    says: "server.ts alone touches `res`",
  },
  {
    file: "services/proxy/src/response.ts",
    text: `import type { HttpResponse } from "uWebSockets.js";\n`,
    says: "server.ts alone touches `res`",
  },
  {
    file: "services/control/src/escape.ts",
    text: `import { plan } from "../../../packages/gateway/src/plan.ts";\n`,
    says: "leaves its package",
  },
  {
    file: "packages/gateway/src/index.ts",
    text: "export const barrel = 1;\n",
    says: "is named like a barrel",
  },
  {
    file: "packages/runtime/src/upward.ts",
    text: `export const late = () => import("@perpetuo/database/roles");\n`,
    says: "runtime may import contracts",
  },
];

/** Documents that lead nowhere. */
export const linkViolation: Violation = {
  file: "docs/planted.md",
  text: "[nowhere](./nowhere.md) and [no heading](../README.md#no-such-heading)\n",
  says: "links to ./nowhere.md: there is no such file",
};
