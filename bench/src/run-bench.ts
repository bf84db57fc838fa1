import path from "node:path";
import type { Config } from "./config.ts";
import { describeCommit, describeMachine } from "./machine/describe.ts";
import { choosePlacement } from "./machine/placement.ts";
import { surveyTools } from "./machine/tools.ts";
import { type Circumstances, describeMethod, makeReport, type Report } from "./report/report.ts";
import { runParts } from "./run-parts.ts";
import { withField } from "./start-field.ts";

const checkout = path.resolve(import.meta.dirname, "../..");

export type Terminal = { report: (line: string) => void };
export type Measurement = Extract<Config["action"], { kind: "measure" }>;

/** Measures what is asked for. Everything that it started has ended when it returns or throws. */
export async function runBench(
  { config, action }: { config: Config; action: Measurement },
  { report }: Terminal,
  interrupted: AbortSignal,
): Promise<Report> {
  const { tools, lacks } = surveyTools(config.environment, config.k6);
  for (const lack of lacks) report(`Note: ${lack}`);
  const placement = choosePlacement(tools);
  const circumstances: Circumstances = {
    taken_at: new Date().toISOString(),
    commit: describeCommit(checkout),
    method: describeMethod(action.plan, placement),
    machine: describeMachine(),
    tools,
    lacks: action.parts.includes("k6") ? lacks : lacks.filter((lack) => !lack.startsWith("k6")),
  };
  const k6 = tools.k6 === null ? null : config.k6;
  return withField({ config, tools, placement, interrupted, report }, async (field, peerLacks) => {
    const results = await runParts(field, { plan: action.plan, parts: action.parts, k6 });
    return makeReport({ ...circumstances, lacks: [...circumstances.lacks, ...peerLacks] }, results);
  });
}
