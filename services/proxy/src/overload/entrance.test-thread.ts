import { parentPort, workerData } from "node:worker_threads";
import { Entrance, type EntranceBuffers } from "./entrance.ts";

/** Runs `requests` requests, all begun at once, each holding its place for one turn of the loop. */
const { buffers, thread, threads, requests, most, workspaceId } = workerData as {
  buffers: EntranceBuffers;
  thread: number;
  threads: number;
  requests: number;
  most: number;
  workspaceId: string;
};
const entrance = new Entrance(buffers, {
  thread,
  threads,
  limits: { process: most, workspace: most, waitMs: 60_000 },
  tick: () => performance.now() + 10_000,
  onShed: () => undefined,
});
let highest = 0;
const one = async (): Promise<void> => {
  const place = await entrance.enter(workspaceId, { onInterruption: () => undefined });
  highest = Math.max(highest, entrance.counts.taken);
  await new Promise((resolve) => setImmediate(resolve));
  entrance.leave(place);
};
await Promise.all(Array.from({ length: requests }, one));
parentPort?.postMessage(highest);
