import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { BenchError } from "../bench-error.ts";
import { placed } from "../machine/placement.ts";
import type { JobResult, StreamJob, StreamResult, UnaryJob, UnaryResult } from "./generator/jobs.ts";
import type { LoadSettings } from "./run-wrk.ts";

const program = path.join(import.meta.dirname, "generator/main.ts");

/** Runs the open-loop generator on the shared core. Throws `BenchError` when it ends without a result. */
export async function runUnary(job: UnaryJob, settings: LoadSettings): Promise<UnaryResult> {
  const result = await run(job, settings);
  if (result.kind !== "unary") throw new BenchError("The generator answered another job.");
  return result;
}

/** Reads many streams at once, on the shared core. Throws `BenchError` when the generator ends without a result. */
export async function runStreams(job: StreamJob, settings: LoadSettings): Promise<StreamResult> {
  const result = await run(job, settings);
  if (result.kind !== "streams") throw new BenchError("The generator answered another job.");
  return result;
}

async function run(
  job: UnaryJob | StreamJob,
  { placement, environment, interrupted }: LoadSettings,
): Promise<JobResult> {
  const command = placed(placement, "other", { program: process.execPath, words: [program] });
  const child = spawn(command.program, command.words, {
    env: environment,
    stdio: ["pipe", "pipe", "pipe"],
    signal: interrupted,
  });
  child.stdin.end(JSON.stringify(job));
  const [output, complaints] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  if (output === "") throw new BenchError(`The load generator failed:\n${complaints.trim().slice(-1_000)}`);
  return JSON.parse(output) as JobResult;
}
