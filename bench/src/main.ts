import { compareToBaseline, describeChanges, makeBaseline, readBaseline, writeBaseline } from "./baseline.ts";
import { BenchError } from "./bench-error.ts";
import { type Config, help, readConfig } from "./config.ts";
import { writeOutput } from "./output.ts";
import { renderMarkdownBlocks } from "./report/blocks.ts";
import { composeReport } from "./report/compose.ts";
import type { Report } from "./report/report.ts";
import { type Measurement, runBench } from "./run-bench.ts";
import { runSoak } from "./soak/run-soak.ts";
import { composeSoak, judgeSoak } from "./soak/soak-report.ts";

const interruptedExitCode = 130;
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interruption.abort());
if (process.connected === true) process.on("disconnect", () => interruption.abort());
const report = (line: string) => console.log(line);

/** Whether everything was as it should be; the exit code says it. */
type Verdict = { kind: "sound" } | { kind: "unsound" };

async function run(config: Config): Promise<Verdict> {
  const { action } = config;
  return action.kind === "soak" ? soak(config, action.minutes) : measure(config, action);
}

async function measure(config: Config, action: Measurement): Promise<Verdict> {
  // A missing baseline is told before minutes are spent.
  const baseline = action.baseline === "compare" ? readBaseline() : null;
  const finished = await runBench({ config, action }, { report }, interruption.signal);
  const { taken_at } = finished;
  const blocks = composeReport(finished);
  report(
    writeOutput(
      { title: "Perpetuo: benchmark", taken_at, data: finished, blocks, part: "figures" },
      config.write,
    ),
  );
  if (action.baseline === "write") writeBaseline(makeBaseline(finished));
  const isWorse = baseline !== null && becameWorse(baseline, finished);
  return isWorse || finished.accounts.verdict !== "balanced" ? { kind: "unsound" } : { kind: "sound" };
}

function becameWorse(baseline: ReturnType<typeof readBaseline>, finished: Report): boolean {
  const changes = compareToBaseline(baseline, makeBaseline(finished));
  report(`\n${renderMarkdownBlocks(describeChanges(baseline, changes))}`);
  return changes.some(({ verdict }) => verdict === "worse");
}

async function soak(config: Config, minutes: number): Promise<Verdict> {
  const finished = await runSoak({ config, minutes, report, interrupted: interruption.signal });
  const { taken_at } = finished;
  const blocks = composeSoak(finished);
  report(
    writeOutput({ title: "Perpetuo: soak", taken_at, data: finished, blocks, part: "soak" }, config.write),
  );
  return judgeSoak(finished).every(({ met }) => met) ? { kind: "sound" } : { kind: "unsound" };
}

try {
  const command = readConfig(process.argv.slice(2));
  if (command.kind === "help") report(help);
  else process.exitCode = (await run(command.config)).kind === "sound" ? 0 : 1;
} catch (error) {
  if (interruption.signal.aborted) process.exitCode = interruptedExitCode;
  else {
    console.error(error instanceof BenchError ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  // The channel to the bootstrap would keep this process alive.
  if (process.connected === true) process.disconnect();
}
