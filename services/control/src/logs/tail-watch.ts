import type { RecordedLogRow } from "@perpetuo/database/queries/control/request-log-tail";
import type { LogFilter } from "@perpetuo/database/queries/control/request-logs";

/** A reader who is slower than the log loses the oldest of so many rows. */
const longestBuffer = 1_000;

/** Rows in the order in which they were written, and how many before them were lost. */
export type WatchedRows = { rows: RecordedLogRow[]; skipped: number };

/** `quiet`: nothing came in time. */
export type Taken = ({ kind: "rows" } & WatchedRows) | { kind: "quiet" } | { kind: "closed" };

/** One reader's view of a log. */
export type Watch = {
  /** What has come since the last call, or comes within a time. */
  take(timeoutMs: number): Promise<Taken>;
  /** Ends the watch, and a `take` that waits. */
  close(): void;
};

/** The other end of a watch, for the one who fills it. */
export type WatchBuffer = {
  filter: LogFilter;
  push(rows: readonly RecordedLogRow[]): void;
  /** Rows were lost before they got here. */
  skip(count: number): void;
};

export function createWatch(filter: LogFilter, onClose: () => void): { watch: Watch; buffer: WatchBuffer } {
  let waiting: RecordedLogRow[] = [];
  let skipped = 0;
  let closed = false;
  let wake: () => void = () => undefined;
  const drain = (): Taken => {
    if (closed) return { kind: "closed" };
    if (waiting.length === 0) return { kind: "quiet" };
    const taken: Taken = { kind: "rows", rows: waiting, skipped };
    waiting = [];
    skipped = 0;
    return taken;
  };
  const watch: Watch = {
    async take(timeoutMs) {
      if (waiting.length > 0 || closed) return drain();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      return drain();
    },
    close() {
      if (closed) return;
      closed = true;
      onClose();
      wake();
    },
  };
  const buffer: WatchBuffer = {
    filter,
    push(rows) {
      waiting.push(...rows);
      const excess = Math.max(0, waiting.length - longestBuffer);
      waiting.splice(0, excess);
      skipped += excess;
      if (waiting.length > 0) wake();
    },
    skip(count) {
      skipped += count;
    },
  };
  return { watch, buffer };
}
