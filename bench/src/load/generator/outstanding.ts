/** Longer than any answer of a benchmark takes once the load has ended. */
const settleTimeoutMs = 60_000;

export type Ending = { completed: () => void; failed: (reason: string) => void };
export type Tally = { completed: number; failures: Record<string, number>; mostOpen: number };

/** Counts exchanges that are under way, and how they ended. */
export type Outstanding = {
  begin: () => Ending;
  /** Resolves when none is open, or after a minute, when the rest counts as failed. */
  settled: () => Promise<void>;
  tally: () => Tally;
};

export function createOutstanding(): Outstanding {
  const tally: Tally = { completed: 0, failures: {}, mostOpen: 0 };
  let open = 0;
  let wake: () => void = () => undefined;
  const close = () => {
    open -= 1;
    if (open === 0) wake();
  };
  const noteFailure = (reason: string, count = 1) => {
    tally.failures[reason] = (tally.failures[reason] ?? 0) + count;
  };
  return {
    begin() {
      open += 1;
      tally.mostOpen = Math.max(tally.mostOpen, open);
      return {
        completed: () => {
          tally.completed += 1;
          close();
        },
        failed: (reason) => {
          noteFailure(reason);
          close();
        },
      };
    },
    async settled() {
      if (open === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, settleTimeoutMs);
      });
      clearTimeout(timer);
      if (open > 0) noteFailure("no whole answer", open);
    },
    tally: () => tally,
  };
}
