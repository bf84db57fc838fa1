import type { TailedLog } from "@perpetuo/contracts/api/logs";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { RecordedLogRow } from "@perpetuo/database/queries/control/request-log-tail";
import { tracked } from "@trpc/server";
import { encodeRowCursor, type RowPosition } from "../row-cursor.ts";
import { presentLogItem } from "./present-log.ts";
import { rereadSeconds } from "./tail-source.ts";
import type { Watch, WatchedRows } from "./tail-watch.ts";

/** Session and role are looked at this often. */
const recheckMs = 2_000;
/** A reader who was away for longer reads the list instead. */
const longestAbsenceMs = 60 * 60 * 1000;

export type TailReader = {
  watch: Watch;
  /** Aborts when the reader has left. */
  left: AbortSignal | undefined;
  /** Aborts when the service stops. */
  stopping: AbortSignal;
  /** @throws {PerpetuoError} when the session has ended or the role was lost. */
  stillAllowed(): Promise<void>;
  /** What the reader has missed, to be handed out first. */
  missed: WatchedRows;
};

/** An event as clients see it; `id` is where to go on after a lost connection. */
type TailEvent = { id: string; data: TailedLog };
type TailEvents = AsyncGenerator<TailEvent, void>;

/**
 * Yields the rows of a watch until its reader leaves or may no longer read, or the service stops. The watch is closed
 * from outside as well, because a generator that waits cannot be told to return.
 */
export function tailLogs(reader: TailReader): TailEvents {
  const { watch, left, stopping } = reader;
  const ends = left === undefined ? [stopping] : [stopping, left];
  const end = AbortSignal.any(ends);
  if (end.aborted) watch.close();
  else end.addEventListener("abort", () => watch.close(), { once: true });
  return run(reader);
}

async function* run({ watch, stopping, stillAllowed, missed }: TailReader): TailEvents {
  try {
    yield* eventsOf(missed);
    let checkedAt = Date.now();
    for (;;) {
      const taken = await watch.take(recheckMs);
      // The client connects again, to another instance or to this one after its start.
      if (stopping.aborted) throw new PerpetuoError("server_shutdown");
      if (taken.kind === "closed") return;
      if (Date.now() - checkedAt >= recheckMs) {
        await stillAllowed();
        checkedAt = Date.now();
      }
      if (taken.kind === "rows") yield* eventsOf(taken);
    }
  } finally {
    watch.close();
  }
}

function* eventsOf({ rows, skipped }: WatchedRows): Generator<TailEvent> {
  for (const [index, row] of rows.entries()) {
    const event = { request: presentLogItem(row), skipped: index === 0 ? skipped : 0 };
    const position = encodeRowCursor({ created_at: row.recorded_at, id: row.id });
    // tRPC takes its envelope apart before the client sees it, but has no exported name for what remains.
    yield tracked(position, event) as unknown as TailEvent;
  }
}

/**
 * Reads what a reader has missed since an earlier event, and the ten seconds before it once more.
 * @param read reads the matching rows since a moment, oldest first; `isWhole` when there were no more of them.
 */
export async function readMissed(
  position: RowPosition | null,
  now: number,
  read: (since: Date) => Promise<{ rows: RecordedLogRow[]; isWhole: boolean }>,
): Promise<WatchedRows> {
  if (position === null) return { rows: [], skipped: 0 };
  const earliest = now - longestAbsenceMs;
  const since = Math.max(earliest, position.created_at.getTime() - rereadSeconds * 1000);
  const { rows, isWhole } = await read(new Date(since));
  return { rows, skipped: isWhole && since > earliest ? 0 : 1 };
}
