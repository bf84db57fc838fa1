import type { AttemptOutcome, RequestLogRecord } from "@perpetuo/contracts/request-log";

export const secondsBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
];
export const overheadBounds: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05,
];

/** A histogram as plain numbers. */
export class BucketTally {
  readonly bounds: readonly number[];
  /** Values up to each bound and above the bound before it; the last is for those above all bounds. */
  readonly counts: Float64Array;
  count = 0;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.count++;
    this.sum += value;
  }
}

/** How often each of a few known values came. */
export class ValueTally<TValue> {
  readonly counts = new Map<TValue, number>();

  add(value: TValue, amount = 1): void {
    this.counts.set(value, (this.counts.get(value) ?? 0) + amount);
  }
}

/** What one provider's finished requests add up to. */
export class ProviderTally {
  /** By endpoint, then by status. */
  readonly requests = new Map<string, ValueTally<number>>();
  readonly attempts = new ValueTally<AttemptOutcome>();
  finished = 0;
  inputTokens = 0;
  outputTokens = 0;
  /** Micro-dollars; null until a request had a known price. */
  costMicros: number | null = null;
  readonly duration = new BucketTally(secondsBounds);
  readonly firstByte = new BucketTally(secondsBounds);
  readonly overhead = new BucketTally(overheadBounds);

  add(record: RequestLogRecord): void {
    this.finished++;
    tallyIn(this.requests, record.endpoint, ValueTally<number>).add(record.status_code);
    this.inputTokens += record.input_tokens;
    this.outputTokens += record.output_tokens;
    if (record.cost_micros !== null) this.costMicros = (this.costMicros ?? 0) + record.cost_micros;
    this.duration.observe(record.duration_ms / 1_000);
    if (record.time_to_first_byte_ms !== null) this.firstByte.observe(record.time_to_first_byte_ms / 1_000);
    this.overhead.observe(record.overhead_us / 1e6);
  }
}

/**
 * Counts finished requests by plain numbers in few look-ups; a metrics library that makes a text of each label set and
 * looks it up takes ten times as long for the eight figures that a request changes.
 */
export class RequestTally {
  readonly providers = new Map<string, ProviderTally>();
  /** By error code: requests that have no row in the log. */
  readonly refusals = new ValueTally<string>();

  /** A request that has a row in the log. */
  add(record: RequestLogRecord): void {
    this.of(record.provider ?? "none").add(record);
    for (const attempt of record.attempts) this.of(attempt.provider).attempts.add(attempt.outcome);
  }

  private of(provider: string): ProviderTally {
    return tallyIn(this.providers, provider, ProviderTally);
  }
}

function tallyIn<TKey, TTally>(tallies: Map<TKey, TTally>, key: TKey, Tally: new () => TTally): TTally {
  let tally = tallies.get(key);
  if (tally === undefined) {
    tally = new Tally();
    tallies.set(key, tally);
  }
  return tally;
}
