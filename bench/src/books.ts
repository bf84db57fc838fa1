import { type Accounts, balance, countRows, type LoadLedger, waitUntilSettled } from "./accounts.ts";
import type { ControlApi } from "./targets/control-api.ts";

/** What was sent to the gateway over the whole benchmark, held against what it says that it has served. */
export type Books = {
  /** Notes what a load did at the gateway, and waits until its log is in the database. */
  settle: (turn: LoadLedger) => Promise<void>;
  /** Compares all of it. */
  close: () => Promise<Accounts>;
};

/** The clocks of the harness and of the gateway are the same, but a request is stamped before it is counted. */
const periodMarginMs = 1_000;

export function openBooks(control: ControlApi, interrupted: AbortSignal): Books {
  const startedAt = Date.now();
  const ledger: LoadLedger = { completed: 0, possibly_in_flight: 0 };
  return {
    async settle({ completed, possibly_in_flight }) {
      ledger.completed += completed;
      ledger.possibly_in_flight += possibly_in_flight;
      await waitUntilSettled(control, { completed: ledger.completed, interrupted });
    },
    async close() {
      const { total_requests, total_aborted } = await control.readUsage();
      const period = { from: startedAt - periodMarginMs, to: Date.now() + periodMarginMs };
      const rows = await countRows(control.countLogRows, period);
      return balance(ledger, { rows, counted: total_requests, aborted: total_aborted });
    },
  };
}
