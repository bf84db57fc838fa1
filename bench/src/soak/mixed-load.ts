import type { LoadLedger } from "../accounts.ts";
import { bodyOf, type ChatRequest } from "../scenarios.ts";
import type { Target } from "../targets/target.ts";

/** One kind of caller, and how often it calls. */
type Caller = {
  name: "answer" | "stream" | "failure" | "departure";
  perSecond: number;
  request: ChatRequest;
  /** Leaves after so long; null stays to the end. */
  leavesAfterMs: number | null;
  fine: (status: number) => boolean;
};

const promptBytes = 1_024;
const succeeded = (status: number) => status === 200;

/** A low, mixed load: most callers get an answer or a stream, some fail because their provider does, some leave early. */
const callers: readonly Caller[] = [
  {
    name: "answer",
    perSecond: 100,
    request: { model: "mock-fast", stream: false, promptBytes },
    leavesAfterMs: null,
    fine: succeeded,
  },
  {
    name: "stream",
    perSecond: 10,
    request: { model: "mock-fast?chunks=20&pace=50", stream: true, promptBytes },
    leavesAfterMs: null,
    fine: succeeded,
  },
  {
    name: "failure",
    perSecond: 5,
    request: { model: "soak-errors?status=500", stream: false, promptBytes },
    leavesAfterMs: null,
    // The provider's own error, or the refusal while the target rests.
    fine: (status) => status === 500 || status === 502 || status === 503,
  },
  {
    name: "departure",
    perSecond: 2,
    request: { model: "soak-slow?chunks=40&pace=100", stream: true, promptBytes },
    leavesAfterMs: 700,
    fine: succeeded,
  },
];

export type MixedResult = {
  ledger: LoadLedger;
  /** Calls by kind, and of these what was not as it should be. */
  calls: Record<string, { calls: number; unexpected: number }>;
};

/** Calls until `stopping` aborts, then waits for the last answers. The rates are low enough for `fetch`. */
export async function runMixedLoad(target: Target, stopping: AbortSignal): Promise<MixedResult> {
  const result: MixedResult = { ledger: { completed: 0, possibly_in_flight: 0 }, calls: {} };
  const open = new Set<Promise<void>>();
  const timers = callers.map((caller) => {
    const tally = { calls: 0, unexpected: 0 };
    result.calls[caller.name] = tally;
    return setInterval(() => {
      tally.calls += 1;
      const call = callOnce(target, caller).then(({ kind, fine }) => {
        if (kind === "whole") result.ledger.completed += 1;
        else result.ledger.possibly_in_flight += 1;
        if (!fine) tally.unexpected += 1;
        open.delete(call);
      });
      open.add(call);
    }, 1_000 / caller.perSecond);
  });
  await new Promise<void>((resolve) => {
    if (stopping.aborted) resolve();
    stopping.addEventListener("abort", () => resolve(), { once: true });
  });
  for (const timer of timers) clearInterval(timer);
  await Promise.all(open);
  return result;
}

type Outcome = { kind: "whole" | "cut"; fine: boolean };

const patienceMs = 30_000;

async function callOnce(target: Target, { request, leavesAfterMs, fine }: Caller): Promise<Outcome> {
  try {
    const answer = await fetch(target.url, {
      method: "POST",
      headers: { ...target.headers, "content-type": "application/json" },
      body: bodyOf(request, target),
      signal: AbortSignal.timeout(leavesAfterMs ?? patienceMs),
    });
    await answer.arrayBuffer();
    return { kind: "whole", fine: fine(answer.status) && leavesAfterMs === null };
  } catch {
    return { kind: "cut", fine: leavesAfterMs !== null };
  }
}
