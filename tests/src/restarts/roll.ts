import { oldestFirst, signal } from "../harness/process-tree.ts";
import type { Stack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";

/** The line that the supervisor logs when the port is the new generation's. */
const replacedLine = "The new generation serves";

/** Sends SIGHUP and waits until a new generation serves. The one before may still be finishing its requests. */
export async function rollOnce(stack: Stack): Promise<void> {
  const proxy = stack.proxy();
  const before = occurrences(proxy.log(), replacedLine);
  signal(proxy.pid, "SIGHUP");
  await waitUntil(async () => (occurrences(proxy.log(), replacedLine) > before ? true : null), {
    what: "the new generation to serve",
    timeoutMs: 30_000,
    details: proxy.log,
  });
}

/** Waits until the supervisor has one child again. */
export async function untilOneGeneration(stack: Stack, timeoutMs: number): Promise<void> {
  const proxy = stack.proxy();
  await waitUntil(async () => ((await childrenOf(stack)).length === 1 ? true : null), {
    what: "the replaced generations to end",
    timeoutMs,
    details: proxy.log,
  });
}

/** The serving processes, oldest first. */
export async function childrenOf(stack: Stack): Promise<number[]> {
  const proxy = stack.proxy();
  return oldestFirst((await proxy.pids()).filter((pid) => pid !== proxy.pid));
}

export function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
