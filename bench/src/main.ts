import { BenchError } from "./bench-error.ts";
import { help, readConfig } from "./config.ts";
import { runBench } from "./run-bench.ts";

const interruptedExitCode = 130;
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interruption.abort());
if (process.connected === true) process.on("disconnect", () => interruption.abort());

try {
  const command = readConfig(process.argv.slice(2));
  if (command.kind === "help") console.log(help);
  else {
    const report = await runBench(
      command.config,
      { report: (line) => console.log(line) },
      interruption.signal,
    );
    process.exitCode = report.accounts.verdict === "balanced" ? 0 : 1;
  }
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
