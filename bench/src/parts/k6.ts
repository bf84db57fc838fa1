import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Field, gatewayOf } from "../field.ts";
import { type K6Summary, parseK6Summary } from "../load/k6-summary.ts";
import { placed } from "../machine/placement.ts";

const scripts = path.resolve(import.meta.dirname, "../../k6");

/** What k6 found in one of its scripts; `passed` when all of the script's thresholds held. */
export type K6Run = { script: string; seconds: number; passed: boolean } & K6Summary;
export type K6Part = { runs: K6Run[] };

/** The script's own duration applies where none is given. */
export type K6Script = { name: string; variables?: Record<string, string> };

const shortRuns: readonly K6Script[] = [
  { name: "smoke" },
  { name: "unary", variables: { DURATION: "10s" } },
  { name: "streaming", variables: { DURATION: "10s" } },
  { name: "spike", variables: { DURATION: "12s" } },
  { name: "faults", variables: { DURATION: "12s" } },
];

/** A script that runs longer is ended. */
const mostMs = 120_000;
/** k6 ends with this code when a threshold did not hold. */
const thresholdCode = 99;

/** Runs k6's scripts against the gateway, each in its short form. */
export async function runK6Scenarios(field: Field, k6: string): Promise<K6Part> {
  field.report("k6: open-loop scenarios with thresholds");
  const runs: K6Run[] = [];
  for (const script of shortRuns) {
    const run = await runK6(field, { k6, script, withinMs: mostMs });
    runs.push(run);
    const broken = run.thresholds.filter(({ held }) => !held).map(({ metric, rule }) => `${metric} ${rule}`);
    field.report(
      `  ${script.name.padEnd(9)} ${run.requests} requests, ${run.passed ? "thresholds held" : `broken: ${broken.join(", ")}`}`,
    );
  }
  return { runs };
}

export type K6Command = { k6: string; script: K6Script; withinMs: number };

/** Runs one script against the gateway on the shared core, and enters its requests into the books. */
export async function runK6(field: Field, { k6, script, withinMs }: K6Command): Promise<K6Run> {
  const { placement, environment, directory, interrupted } = field.settings;
  const gateway = gatewayOf(field);
  const summaryFile = path.join(directory, "k6-summary.json");
  const variables = {
    BASE_URL: new URL(gateway.url).origin,
    AUTHORIZATION: gateway.headers["authorization"] ?? "",
    SUMMARY: summaryFile,
    ...script.variables,
  };
  const command = placed(placement, "other", {
    program: k6,
    words: ["run", "--quiet", "--no-usage-report", path.join(scripts, `${script.name}.ts`)],
  });
  const startedAt = performance.now();
  const code = await execute(command, { ...environment, ...variables }, { withinMs, interrupted });
  const seconds = (performance.now() - startedAt) / 1_000;
  const summary = parseK6Summary(readFileSync(summaryFile, "utf8"));
  await field.books.settle({ completed: summary.requests - summary.cut, possibly_in_flight: summary.cut });
  return { script: script.name, seconds, passed: code === 0, ...summary };
}

type Limits = { withinMs: number; interrupted: AbortSignal };

/** Resolves with the exit code when k6 has run; rejects when it could not. */
function execute(
  { program, words }: { program: string; words: string[] },
  environment: Record<string, string>,
  { withinMs, interrupted }: Limits,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const options = { env: environment, timeout: withinMs, signal: interrupted, maxBuffer: 2 ** 26 };
  execFile(program, words, options, (error, _output, complaints) => {
    if (error === null) resolve(0);
    else if (error.code === thresholdCode) resolve(thresholdCode);
    else reject(new Error(`k6 failed:\n${complaints.slice(-2_000)}`, { cause: error }));
  });
  return promise;
}
