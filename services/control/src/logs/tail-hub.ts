import { setTimeout as delay } from "node:timers/promises";
import type { LogFilter } from "@perpetuo/database/queries/control/request-logs";
import { createReaderPlaces } from "../reader-places.ts";
import { rereadSeconds, type TailSource } from "./tail-source.ts";
import { createWatch, type Watch, type WatchBuffer } from "./tail-watch.ts";

export type TailHubOptions = {
  source: TailSource;
  /** Between two looks at a workspace's log. */
  pollMs: number;
  stopping: AbortSignal;
  /** Hears of the first of several failures in a row. */
  onError(error: unknown): void;
  /** Milliseconds, from any moment on. */
  now?: () => number;
  limits?: { total: number; perWorkspace: number; perUser: number };
};

/** Watches the logs of workspaces: one question to the database a workspace, however many look on. */
export type TailHub = {
  /**
   * Starts to watch: every matching row that is written after this has resolved is handed out.
   * @throws {PerpetuoError} `rate_limit_exceeded` when too many look on already.
   */
  watch(filter: LogFilter, userId: string): Promise<Watch>;
};

const defaultLimits = { total: 500, perWorkspace: 50, perUser: 20 };

/** Everyone who watches one workspace. */
type Channel = {
  watches: Set<WatchBuffer>;
  /** The last seconds' rows that have been handed out, or were there before anybody watched. */
  seen: Set<string>;
  /** When the last look that succeeded began. */
  lookedAt: number;
  /** Resolves when the first look has been taken. */
  ready: Promise<void>;
};

export function createTailHub(options: TailHubOptions): TailHub {
  const { source, limits = defaultLimits, now = Date.now } = options;
  const places = createReaderPlaces(limits, "Too many watch the log at once. Close one of the live views.");
  const channels = new Map<string, Channel>();

  const open = (workspaceId: string): Channel => {
    const channel: Channel = {
      watches: new Set(),
      seen: new Set(),
      lookedAt: now(),
      ready: Promise.resolve(),
    };
    channels.set(workspaceId, channel);
    channel.ready = source.recent(workspaceId).then(({ entries }) => {
      channel.seen = new Set(entries.map(({ id }) => id));
      void keepPolling(options, workspaceId, channel).then(() => {
        if (channels.get(workspaceId) === channel) channels.delete(workspaceId);
      });
    });
    return channel;
  };
  return {
    async watch(filter, user_id) {
      const { workspace_id } = filter;
      const leave = places.enter({ workspace_id, user_id });
      const present = channels.get(workspace_id);
      // Without watches a channel stops at its next look, so it is no channel to join.
      const channel = present === undefined || present.watches.size === 0 ? open(workspace_id) : present;
      const { watch, buffer } = createWatch(filter, () => {
        channel.watches.delete(buffer);
        leave();
      });
      channel.watches.add(buffer);
      try {
        await channel.ready;
      } catch (error) {
        watch.close();
        if (channels.get(workspace_id) === channel) channels.delete(workspace_id);
        throw error;
      }
      return watch;
    },
  };
}

/** Looks at a workspace's log again and again, for as long as anybody watches. */
async function keepPolling(options: TailHubOptions, workspaceId: string, channel: Channel): Promise<void> {
  const { source, now = Date.now } = options;
  let failures = 0;
  while (channel.watches.size > 0 && !options.stopping.aborted) {
    try {
      const startedAt = now();
      // What was written since the last look may be too old by now to be found.
      const isLate = startedAt - channel.lookedAt > rereadSeconds * 1000;
      await poll(source, { workspaceId, isLate }, channel);
      channel.lookedAt = startedAt;
      failures = 0;
    } catch (error) {
      if (failures === 0) options.onError(error);
      failures += 1;
    }
    await delay(options.pollMs, undefined, { signal: options.stopping }).catch(() => undefined);
  }
}

/** Looks once: what nobody has seen yet goes to those whose filter it matches, with one query for each filter. */
async function poll(
  source: TailSource,
  { workspaceId, isLate }: { workspaceId: string; isLate: boolean },
  channel: Channel,
): Promise<void> {
  const { entries, isWhole } = await source.recent(workspaceId);
  if (isLate) for (const watch of channel.watches) watch.skip(1);
  const fresh = entries.filter(({ id }) => !channel.seen.has(id));
  const oldest = fresh.at(-1);
  if (oldest !== undefined) {
    const freshIds = new Set(fresh.map(({ id }) => id));
    for (const watches of Map.groupBy(channel.watches, ({ filter }) => JSON.stringify(filter)).values()) {
      await hand(source, watches, { since: oldest.recorded_at, freshIds, isWhole });
    }
  }
  channel.seen = new Set(entries.map(({ id }) => id));
}

/** Reads the fresh rows for watches of the same filter. */
async function hand(
  source: TailSource,
  watches: readonly WatchBuffer[],
  fresh: { since: Date; freshIds: ReadonlySet<string>; isWhole: boolean },
): Promise<void> {
  const [first] = watches;
  if (first === undefined) return;
  const { rows, isWhole } = await source.rows(first.filter, fresh.since);
  const wanted = rows.filter(({ id }) => fresh.freshIds.has(id));
  for (const watch of watches) {
    if (!isWhole || !fresh.isWhole) watch.skip(1);
    watch.push(wanted);
  }
}
