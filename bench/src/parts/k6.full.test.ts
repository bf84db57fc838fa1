import { execFileSync, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { choosePlacement } from "../machine/placement.ts";
import { surveyTools } from "../machine/tools.ts";
import { withField } from "../start-field.ts";
import { runK6 } from "./k6.ts";

const command = readConfig([]);
if (command.kind !== "run") throw new Error("expected a run");
const { config } = command;
const { environment, k6 } = config;
const isThere = spawnSync(k6, ["version"], { env: environment }).error === undefined;
if (!isThere) process.stdout.write("k6 is not installed: its scripts are not run.\n");

describe.runIf(isThere)("k6", () => {
  const scripts = globSync("*.ts", { cwd: path.resolve(import.meta.dirname, "../../k6") }).filter(
    (name) => !["gateway.ts", "k6.d.ts"].includes(name),
  );

  it.each(scripts)("%s · k6 understands it, and it has thresholds", (name) => {
    const file = path.resolve(import.meta.dirname, "../../k6", name);
    const inspected = execFileSync(k6, ["inspect", file], { env: environment, encoding: "utf8" });
    const { thresholds } = JSON.parse(inspected) as { thresholds: Record<string, unknown> };
    expect(Object.keys(thresholds).length).toBeGreaterThan(0);
  });

  it("smoke · thresholds hold, and every request is in the books", async () => {
    const { tools } = surveyTools(environment, k6);
    const plan = {
      config,
      tools,
      placement: choosePlacement(tools),
      interrupted: new AbortController().signal,
      report: () => undefined,
    };
    const { run, accounts } = await withField(plan, async (field) => ({
      run: await runK6(field, { k6, script: { name: "smoke" }, withinMs: 60_000 }),
      accounts: await field.books.close(),
    }));
    expect(run).toMatchObject({ passed: true, requests: 40, cut: 0 });
    expect(run.trends["server_timing_gateway"]?.p50).toBeGreaterThan(0);
    expect(accounts).toMatchObject({ verdict: "balanced", completed: 40, rows: 40 });
  });
});
