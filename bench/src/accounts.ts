import type { ControlApi, Period, RowCount } from "./targets/control-api.ts";

/** What the load generator knows of its own requests to the gateway, over all runs and warm-ups. */
export type LoadLedger = {
  /** Answers that were read to their end. */
  completed: number;
  /** Requests that may have been under way when a run ended: its connections, over all runs. */
  possibly_in_flight: number;
};

/** The gateway's books after all load. */
export type GatewayLedger = {
  /** Rows of `request_logs`. */
  rows: number;
  /** Requests by the usage counters. */
  counted: number;
  /** Of these, requests whose client left before the answer was complete. */
  aborted: number;
};

export type Accounts = LoadLedger & GatewayLedger & { verdict: "balanced" | "unbalanced" };

/**
 * Every answer that a client has read must have its row, every row must be counted, and nothing may be there twice. What
 * wrk had under way when a run ended is logged as well, and wrk does not count it: that is the only slack.
 */
export function balance(load: LoadLedger, gateway: GatewayLedger): Accounts {
  const surplus = gateway.rows - load.completed;
  const balanced = gateway.rows === gateway.counted && surplus >= 0 && surplus <= load.possibly_in_flight;
  return { ...load, ...gateway, verdict: balanced ? "balanced" : "unbalanced" };
}

const settleTimeoutMs = 90_000;
const pollMs = 250;
/** The flush is over when the counter has stood still this often. */
const steadyLooks = 4;

/**
 * Waits until the requests of the load so far are in the database and nothing more arrives, or 90 s have passed.
 * Throws when `interrupted` aborts.
 */
export async function waitUntilSettled(
  control: ControlApi,
  { completed, interrupted }: { completed: number; interrupted: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + settleTimeoutMs;
  let seen = -1;
  let looks = 0;
  while (looks < steadyLooks && performance.now() < deadline) {
    interrupted.throwIfAborted();
    const { total_requests } = await control.readUsage();
    looks = total_requests === seen && total_requests >= completed ? looks + 1 : 0;
    seen = total_requests;
    // The flush is only to be had by asking.
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** Counts the rows of a period, in halves as long as the API says that there are too many to count at once. */
export async function countRows(
  count: (period: Period) => Promise<RowCount>,
  period: Period,
): Promise<number> {
  const found = await count(period);
  if (found.kind === "exact") return found.rows;
  const middle = Math.floor((period.from + period.to) / 2);
  if (middle === period.from) throw new Error("One millisecond holds more rows than the API counts.");
  const earlier = await countRows(count, { from: period.from, to: middle });
  return earlier + (await countRows(count, { from: middle, to: period.to }));
}
