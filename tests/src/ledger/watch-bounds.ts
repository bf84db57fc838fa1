import { readdir } from "node:fs/promises";
import { residentBytes } from "../harness/process-tree.ts";
import type { Stack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";

/** What the gateway's processes hold. */
export type Holdings = { residentBytes: number; descriptors: number; inFlight: number };

/** L9 of the ledger: what a case may not leave behind. */
export type BoundsWatch = {
  /** Highest resident memory above the start so far, in bytes. */
  peakGrowth(): number;
  /** Waits until nothing is in flight and descriptors are back; fails with what is left after the time. */
  untilBack(limits: { descriptors: number; withinMs: number }): Promise<Holdings>;
  stop(): void;
};

const sampleEveryMs = 100;

/** Takes the present state as the start and samples memory from now on. Serve a request first, so that pools exist. */
export async function watchBounds(stack: Pick<Stack, "proxy" | "proxyUrl">): Promise<BoundsWatch> {
  const before = await holdingsOf(stack);
  let peak = before.residentBytes;
  const pids = await stack.proxy().pids();
  const sampler = setInterval(() => {
    void residentBytes(pids).then((bytes) => {
      peak = Math.max(peak, bytes);
    });
  }, sampleEveryMs);
  return {
    peakGrowth: () => peak - before.residentBytes,
    async untilBack({ descriptors, withinMs }) {
      let last = before;
      return waitUntil(
        async () => {
          last = await holdingsOf(stack);
          return last.inFlight === 0 && last.descriptors <= before.descriptors + descriptors ? last : null;
        },
        {
          what: "L9: requests in flight and descriptors to be back",
          timeoutMs: withinMs,
          pollMs: 100,
          details: () => `Before: ${JSON.stringify(before)}; now: ${JSON.stringify(last)}`,
        },
      );
    },
    stop: () => clearInterval(sampler),
  };
}

async function holdingsOf(stack: Pick<Stack, "proxy" | "proxyUrl">): Promise<Holdings> {
  const pids = await stack.proxy().pids();
  const counts = await Promise.all(
    pids.map(async (pid) => (await readdir(`/proc/${pid}/fd`).catch(() => [])).length),
  );
  const metrics = await (await fetch(`${stack.proxyUrl}/metrics`)).text();
  return {
    residentBytes: await residentBytes(pids),
    descriptors: counts.reduce((sum, count) => sum + count, 0),
    inFlight: Number(/^perpetuo_requests_in_flight(?:\{.*\})? (\d+)/m.exec(metrics)?.[1] ?? 0),
  };
}
