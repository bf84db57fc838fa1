import path from "node:path";
import { isRunning, pause, processStart } from "@perpetuo/database/embedded/processes";
import { StartError } from "@perpetuo/runtime/start-error";
import { z } from "zod";
import { readStateFile, writeStateFile } from "./state-files.ts";

/** A process, told from a later one with the same id by the moment at which it started. */
const processSchema = z.strictObject({ pid: z.int().positive(), started: z.string().nullable() });
const recordSchema = z.strictObject({ launcher: processSchema, services: z.array(processSchema) });

type ProcessMark = z.infer<typeof processSchema>;

const pollMs = 25;
/** Orphaned services end by themselves; one that has not by then is asked, and at last killed. */
const askAfterMs = 2_000;
const killAfterMs = 5_000;

/**
 * Makes this process the one that runs from the data folder: waits for the services that a killed launcher has left,
 * so that their ports and the spool are free.
 * @throws {StartError} when another launcher is at work here.
 */
export async function takeOver(dataDir: string, report: (message: string) => void): Promise<void> {
  const parsed = recordSchema.safeParse(readStateFile(recordFile(dataDir)).value);
  if (!parsed.success) return;
  const { launcher, services } = parsed.data;
  if (launcher.pid !== process.pid && (await isAlive(launcher))) {
    throw new StartError(
      `Perpetuo already runs from ${dataDir} (process ${launcher.pid}). Stop it first, or give this one a folder and ports of its own: PERPETUO_DATA_DIR, CONTROL_PORT, PROXY_PORT.`,
    );
  }
  const orphans = await filterAlive(services);
  if (orphans.length > 0) report("Ending the services that an earlier run left behind");
  await Promise.all(orphans.map(endOrphan));
}

/** Notes which processes belong to this launcher, for the start after a `kill -9`. */
export async function recordProcesses(dataDir: string, servicePids: readonly number[]): Promise<void> {
  const [launcher, ...services] = await Promise.all([process.pid, ...servicePids].map(markOf));
  writeStateFile(recordFile(dataDir), { launcher, services });
}

function recordFile(dataDir: string): string {
  return path.join(dataDir, "processes.json");
}

async function markOf(pid: number): Promise<ProcessMark> {
  return { pid, started: await processStart(pid) };
}

async function isAlive(mark: ProcessMark): Promise<boolean> {
  return isRunning(mark.pid) && (await processStart(mark.pid)) === mark.started;
}

async function filterAlive(marks: readonly ProcessMark[]): Promise<ProcessMark[]> {
  const alive = await Promise.all(marks.map(isAlive));
  return marks.filter((_, index) => alive[index]);
}

async function endOrphan(orphan: ProcessMark): Promise<void> {
  const since = performance.now();
  let asked = false;
  while (await isAlive(orphan)) {
    const waited = performance.now() - since;
    if (waited > killAfterMs) signal(orphan.pid, "SIGKILL");
    else if (waited > askAfterMs && !asked) {
      asked = true;
      signal(orphan.pid, "SIGTERM");
    }
    await pause(pollMs);
  }
}

/** The process may end between the look and the signal. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
