import { PerpetuoError } from "@perpetuo/contracts/errors";

/** Runs work now, or when its turn comes. @throws {PerpetuoError} `rate_limit_exceeded` when too much waits already. */
export type ConcurrencyLimit = <TResult>(work: () => Promise<TResult>) => Promise<TResult>;

/** Runs work a few at a time and turns away what would wait too long. */
export function limitConcurrency(limits: { running: number; waiting: number }): ConcurrencyLimit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < limits.running) {
      running += 1;
    } else if (waiting.length < limits.waiting) {
      // The place of the one that ends passes to the one that waits, so `running` does not change.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      throw new PerpetuoError("rate_limit_exceeded", { retryAfterSeconds: 1 });
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
