import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot } from "../harness/service-process.ts";

const run = promisify(execFile);
const packageFolder = path.join(repositoryRoot, "packages/client");
const compiler = path.join(repositoryRoot, "node_modules/typescript/bin/tsc");
const routerSource = path.join(repositoryRoot, "services/control/src/router.ts");
const compilerTimeoutMs = 120_000;

type Compilation = { kind: "clean" } | { kind: "failed"; output: string };

/** The router with one procedure under another name, as if control had renamed it. */
function renamedRouter({ router, from, to }: { router: string; from: string; to: string }): string {
  return `
    import type { TRPCBuiltRouter } from "@trpc/server";
    import type { AppRouter as Present } from ${JSON.stringify(routerSource)};
    type Definition = Present["_def"];
    type Record = Definition["record"];
    type Renamed = Omit<Record, "${router}"> & {
      ${router}: Omit<Record["${router}"], "${from}"> & { ${to}: Record["${router}"]["${from}"] };
    };
    type Root = Present extends TRPCBuiltRouter<infer TRoot, infer _TRecord> ? TRoot : never;
    export type AppRouter = TRPCBuiltRouter<Root, Renamed>;
  `;
}

const presentRouter = `export type { AppRouter } from ${JSON.stringify(routerSource)};`;

describe("examples", () => {
  let folder: string;

  beforeAll(async () => {
    // Inside the package, where the compiler finds the packages that the router's types come from.
    const parent = path.join(packageFolder, "dist");
    await mkdir(parent, { recursive: true });
    folder = await mkdtemp(path.join(parent, "examples-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Type-checks the examples with another declaration in the place of control's router. */
  async function checkExamples(routerDeclaration: string): Promise<Compilation> {
    await writeFile(path.join(folder, "router.ts"), routerDeclaration);
    await writeFile(
      path.join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: path.join(packageFolder, "tsconfig.json"),
        compilerOptions: {
          composite: false,
          declaration: false,
          emitDeclarationOnly: false,
          incremental: false,
          noEmit: true,
          noUnusedLocals: false,
          rootDir: repositoryRoot,
          paths: { "@perpetuo/control/router": ["./router.ts"] },
        },
        include: [path.join(packageFolder, "examples")],
        references: [],
      }),
    );
    try {
      await run(process.execPath, [compiler, "-p", folder]);
      return { kind: "clean" };
    } catch (error) {
      const { stdout } = error as { stdout: string };
      return { kind: "failed", output: stdout };
    }
  }

  test("examples · compile against the present router", { timeout: compilerTimeoutMs }, async () => {
    expect(await checkExamples(presentRouter)).toEqual({ kind: "clean" });
  });

  test.each([
    {
      router: "logs",
      from: "list",
      to: "page",
      complaint: /examples\/api-keys-page\.tsx.*Property 'list' does not exist/,
    },
    {
      router: "usage",
      from: "byModel",
      to: "perModel",
      complaint: /examples\/spend-report\.ts.*Property 'byModel' does not exist/,
    },
  ])(
    "examples · fail to compile when $from of $router is renamed",
    { timeout: compilerTimeoutMs },
    async ({ complaint, ...change }) => {
      const compilation = await checkExamples(renamedRouter(change));
      expect(compilation).toEqual({ kind: "failed", output: expect.stringMatching(complaint) });
    },
  );
});
