import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { BenchError } from "../bench-error.ts";

/** The programs that the harness needs from the machine, with their versions; null when one is missing. */
export type Tools = { wrk: string; nginx: string | null; taskset: string | null; k6: string | null };

/** What a machine lacks costs parts of the comparison; each lack is one sentence for the reader of the figures. */
export type Survey = { tools: Tools; lacks: string[] };

/**
 * Looks for the load generator, the baseline and the pinning.
 * @throws {BenchError} when nothing can be measured here.
 */
export function surveyTools(environment: Record<string, string>, k6 = "k6"): Survey {
  if (process.platform !== "linux") {
    throw new BenchError("CPU time is read from /proc, so the benchmark runs on Linux only.");
  }
  const find = (name: string, versionOption: string) => findVersion({ name, versionOption, environment });
  const wrk = find("wrk", "-v");
  if (wrk === null) {
    throw new BenchError(
      "wrk, the load generator, is missing. Install it (Debian and Ubuntu: apt-get install wrk).",
    );
  }
  const tools = {
    wrk,
    nginx: find("nginx", "-v"),
    taskset: find("taskset", "--version"),
    k6: find(k6, "version"),
  };
  const lacks: string[] = [];
  if (tools.nginx === null) lacks.push("nginx is missing, so there is no baseline and no ratio.");
  if (tools.taskset === null) lacks.push("taskset is missing: nothing is pinned to a core.");
  else if (availableParallelism() < 2) lacks.push("There is one core only: nothing is pinned.");
  if (tools.k6 === null) {
    lacks.push(
      "k6 is missing, so its scenarios are left out: go install go.k6.io/k6@latest, or name it by the variable K6.",
    );
  }
  return { tools, lacks };
}

type Search = { name: string; versionOption: string; environment: Record<string, string> };

/** wrk ends with 1 after its version and nginx prints to standard error, so only the words count. */
function findVersion({ name, versionOption, environment }: Search): string | null {
  const { error, stdout, stderr } = spawnSync(name, [versionOption], { encoding: "utf8", env: environment });
  if (error !== undefined) return null;
  return readVersion(`${stdout}${stderr}`) ?? "of unknown version";
}

/** The first version number in what a program says of itself. */
export function readVersion(text: string): string | null {
  return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? null;
}
