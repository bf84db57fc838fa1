import { LRUCache } from "lru-cache";

export type CacheOptions<TValue> = {
  load: (key: string) => Promise<TValue | null>;
  now: () => number;
  /** Numbers in [0, 1), for jitter. */
  random: () => number;
  maxEntries: number;
  /** Milliseconds that an entry lives while invalidations arrive. */
  ttlMs: number;
  /** Milliseconds that an entry lives while the invalidation channel is down. */
  uncertainTtlMs: number;
  /** Milliseconds that "there is no such thing" is believed. */
  negativeTtlMs: number;
  /** Milliseconds since its last verification for which an entry is served while the database is unreachable. */
  maxStaleMs: number;
  maxConcurrentLoads: number;
  /** Loads that may wait for a place; beyond them a load fails at once. */
  maxQueuedLoads: number;
};

type Entry<TValue> = { value: TValue | null; verifiedAt: number; jitter: number };
type Flight<TValue> = { promise: Promise<TValue | null>; discarded: boolean };

type Queued = { enter: () => void; giveUp: (reason: Error) => void; since: number };

/** How long a load may wait for its place: as long as one may take. */
const longestQueueMs = 2_000;

/** How long a failed load is not repeated for an entry that can be served stale. */
const retryPauseMs = 2_000;

/**
 * A bounded cache in front of the database. Two misses of one key share one query; what was not found is remembered
 * in a part of its own, so that a flood of wrong keys can push out no right one; a load that began before an
 * invalidation is done again; and while the database is away, what was known is served for a bounded time.
 */
export class SingleFlightCache<TValue> {
  private readonly options: CacheOptions<TValue>;
  private readonly found: LRUCache<string, Entry<TValue>>;
  private readonly missing: LRUCache<string, Entry<TValue>>;
  private readonly flights = new Map<string, Flight<TValue>>();
  private readonly queue: Queued[] = [];
  private running = 0;
  /** When the channel went down; null while it is up. It starts down: nothing has been heard yet. */
  private uncertainSince: number | null;
  /** Entries verified before this moment are verified again at their next use. */
  private verifyAfter = 0;
  private failedAt = Number.NEGATIVE_INFINITY;
  readonly counts = { hits: 0, misses: 0, stale: 0 };

  constructor(options: CacheOptions<TValue>) {
    this.options = options;
    this.found = new LRUCache({ max: options.maxEntries });
    this.missing = new LRUCache({ max: options.maxEntries });
    this.uncertainSince = options.now();
  }

  /**
   * The value, null when there is none. At once when it is known, else a promise that rejects when the database
   * cannot say.
   */
  get(key: string): TValue | null | Promise<TValue | null> {
    const entry = this.found.get(key) ?? this.missing.get(key);
    const now = this.options.now();
    if (entry !== undefined) {
      if (this.isFresh(entry, now)) {
        this.counts.hits++;
        return entry.value;
      }
      if (entry.value !== null && now - entry.verifiedAt < this.options.maxStaleMs)
        return this.refresh(key, entry);
    }
    this.counts.misses++;
    return this.load(key);
  }

  /** Whether there is a value for the key, fresh or not. */
  holds(key: string): boolean {
    return this.found.has(key);
  }

  /** Forgets one key; a load of it that is under way is done again. */
  invalidate(key: string): void {
    this.found.delete(key);
    this.missing.delete(key);
    const flight = this.flights.get(key);
    if (flight) flight.discarded = true;
  }

  /** Forgets everything. */
  clear(): void {
    this.found.clear();
    this.missing.clear();
    for (const flight of this.flights.values()) flight.discarded = true;
  }

  /** The channel is down: what it would have said is unknown from now on. */
  channelLost(): void {
    this.uncertainSince ??= this.options.now();
    for (const flight of this.flights.values()) flight.discarded = true;
  }

  /** The channel is back: whatever was said meanwhile is lost, so every entry is verified at its next use. */
  channelRestored(): void {
    this.uncertainSince = null;
    this.missing.clear();
    this.verifyAll();
  }

  /** Every entry is verified at its next use; what the database cannot verify then is served as after any outage. */
  verifyAll(): void {
    this.verifyAfter = this.options.now();
    for (const flight of this.flights.values()) flight.discarded = true;
  }

  get size(): number {
    return this.found.size;
  }

  private isFresh(entry: Entry<TValue>, now: number): boolean {
    const { ttlMs, uncertainTtlMs, negativeTtlMs } = this.options;
    if (entry.value === null) return now < entry.verifiedAt + negativeTtlMs;
    if (entry.verifiedAt < this.verifyAfter) return false;
    if (now >= entry.verifiedAt + ttlMs * entry.jitter) return false;
    if (this.uncertainSince === null) return true;
    return now < Math.max(entry.verifiedAt, this.uncertainSince) + uncertainTtlMs * entry.jitter;
  }

  /** While the database answers, the caller waits for its word; after a failure, the known value goes on being served. */
  private refresh(key: string, entry: Entry<TValue>): TValue | null | Promise<TValue | null> {
    const failedLately = this.options.now() - this.failedAt < retryPauseMs;
    if (failedLately) {
      this.counts.stale++;
      return entry.value;
    }
    this.counts.misses++;
    return this.load(key).catch((error: unknown) => {
      if (this.options.now() - entry.verifiedAt >= this.options.maxStaleMs) throw error;
      this.counts.stale++;
      return entry.value;
    });
  }

  private load(key: string): Promise<TValue | null> {
    const known = this.flights.get(key);
    if (known) return known.promise;
    const flight: Flight<TValue> = { promise: Promise.resolve(null), discarded: false };
    flight.promise = this.loadUntilCurrent(key, flight).finally(() => this.flights.delete(key));
    this.flights.set(key, flight);
    return flight.promise;
  }

  private async loadUntilCurrent(key: string, flight: Flight<TValue>): Promise<TValue | null> {
    for (;;) {
      flight.discarded = false;
      await this.takePlace();
      const startedAt = this.options.now();
      let value: TValue | null;
      try {
        value = await this.options.load(key);
      } catch (error) {
        this.failedAt = this.options.now();
        throw error;
      } finally {
        this.releasePlace();
      }
      if (flight.discarded) continue;
      this.remember(key, { value, verifiedAt: startedAt, jitter: 0.9 + this.options.random() * 0.1 });
      return value;
    }
  }

  private remember(key: string, entry: Entry<TValue>): void {
    const [home, other] = entry.value === null ? [this.missing, this.found] : [this.found, this.missing];
    other.delete(key);
    home.set(key, entry);
  }

  private async takePlace(): Promise<void> {
    if (this.running < this.options.maxConcurrentLoads) {
      this.running++;
      return;
    }
    if (this.queue.length >= this.options.maxQueuedLoads) throw new Error("too many look-ups are waiting");
    await new Promise<void>((enter, giveUp) => this.queue.push({ enter, giveUp, since: this.options.now() }));
  }

  /** A database that hangs frees its places late; who has waited long by then is told at once. */
  private releasePlace(): void {
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      if (this.options.now() - next.since < longestQueueMs) {
        next.enter();
        return;
      }
      next.giveUp(new Error("waited too long for a place among the look-ups"));
    }
    this.running--;
  }
}
