import { text } from "node:stream/consumers";
import type { Job, JobResult } from "./jobs.ts";
import { runStreamLoad } from "./stream-load.ts";
import { runUnaryLoad } from "./unary-load.ts";

/** A process of its own, so that what the harness does in the meantime delays nothing: a job comes in, its result goes out. */
async function main(): Promise<void> {
  const job = JSON.parse(await text(process.stdin)) as Job;
  const result: JobResult = job.kind === "unary" ? await runUnaryLoad(job) : await runStreamLoad(job);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

await main();
