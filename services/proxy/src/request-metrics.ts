import { Counter, Histogram, type Registry } from "prom-client";
import {
  type BucketTally,
  overheadBounds,
  type ProviderTally,
  type RequestTally,
  secondsBounds,
} from "./request-tally.ts";

/** Registers the metrics that are told of finished requests; each scrape reads them out of the tally. */
export function collectRequestMetrics(registry: Registry, tally: RequestTally): void {
  collectRequestCounts(registry, tally);
  collectUsage(registry, tally);
  collectTimes(registry, tally);
}

function collectRequestCounts(registry: Registry, tally: RequestTally): void {
  const registers = [registry];
  new Counter({
    name: "perpetuo_requests_total",
    help: "Requests that ended, by endpoint, status and provider.",
    labelNames: ["endpoint", "status", "provider"] as const,
    registers,
    collect() {
      this.reset();
      for (const [provider, { requests }] of tally.providers) {
        for (const [endpoint, { counts }] of requests) {
          for (const [status, count] of counts)
            this.inc({ endpoint, status: String(status), provider }, count);
        }
      }
    },
  });
  new Counter({
    name: "perpetuo_refusals_total",
    help: "Requests refused before a caller was known, or because the spool is full, by error code. They have no row in the request log.",
    labelNames: ["code"] as const,
    registers,
    collect() {
      this.reset();
      for (const [code, count] of tally.refusals.counts) this.inc({ code }, count);
    },
  });
  new Counter({
    name: "perpetuo_attempts_total",
    help: "Calls to upstreams, by provider and outcome.",
    labelNames: ["provider", "outcome"] as const,
    registers,
    collect() {
      this.reset();
      for (const [provider, { attempts }] of tally.providers) {
        for (const [outcome, count] of attempts.counts) this.inc({ provider, outcome }, count);
      }
    },
  });
}

function collectUsage(registry: Registry, tally: RequestTally): void {
  const registers = [registry];
  new Counter({
    name: "gen_ai_client_token_usage_total",
    help: "Tokens of finished requests, by provider and type.",
    labelNames: ["provider", "type"] as const,
    registers,
    collect() {
      this.reset();
      for (const [provider, { finished, inputTokens, outputTokens }] of tally.providers) {
        if (finished === 0) continue;
        this.inc({ provider, type: "input" }, inputTokens);
        this.inc({ provider, type: "output" }, outputTokens);
      }
    },
  });
  new Counter({
    name: "perpetuo_cost_micros_total",
    help: "Cost of finished requests with a known price, in micro-dollars.",
    labelNames: ["provider"] as const,
    registers,
    collect() {
      this.reset();
      for (const [provider, { costMicros }] of tally.providers) {
        if (costMicros !== null) this.inc({ provider }, costMicros);
      }
    },
  });
}

function collectTimes(registry: Registry, tally: RequestTally): void {
  const registers = [registry];
  const labelNames = ["provider"] as const;
  const histogram = (
    { name, help, bounds }: { name: string; help: string; bounds: readonly number[] },
    read: (provider: ProviderTally) => BucketTally,
  ) => {
    new TalliedHistogram({ name, help, buckets: [...bounds], labelNames, registers }, { tally, read });
  };
  histogram(
    {
      name: "perpetuo_request_duration_seconds",
      help: "From head to last byte.",
      bounds: secondsBounds,
    },
    ({ duration }) => duration,
  );
  histogram(
    {
      name: "perpetuo_time_to_first_byte_seconds",
      help: "From head to the first byte sent.",
      bounds: secondsBounds,
    },
    ({ firstByte }) => firstByte,
  );
  histogram(
    {
      name: "perpetuo_overhead_seconds",
      help: "The gateway's own share of a request.",
      bounds: overheadBounds,
    },
    ({ overhead }) => overhead,
  );
}

type TallySource = { tally: RequestTally; read: (provider: ProviderTally) => BucketTally };
type HistogramSettings = ConstructorParameters<typeof Histogram<"provider">>[0];
type HistogramValues = Awaited<ReturnType<Histogram<"provider" | "le">["get"]>>["values"];

/** A histogram whose values stand in the tally; the library can fill its own only one observation at a time. */
class TalliedHistogram extends Histogram<"provider"> {
  private readonly source: TallySource;
  private readonly metricName: string;

  constructor(settings: HistogramSettings, source: TallySource) {
    super(settings);
    this.source = source;
    this.metricName = settings.name;
  }

  /** The form that crosses a message port; scrapes merge the threads' before they make a text of them. */
  override async get(): ReturnType<Histogram<"provider">["get"]> {
    const values: HistogramValues = [];
    for (const [provider, tally] of this.source.tally.providers) {
      const buckets = this.source.read(tally);
      if (buckets.count > 0) values.push(...this.valuesOf(buckets, provider));
    }
    return { ...(await super.get()), values };
  }

  private valuesOf({ bounds, counts, count, sum }: BucketTally, provider: string): HistogramValues {
    const metricName = `${this.metricName}_bucket`;
    let upTo = 0;
    const values: HistogramValues = bounds.map((bound, index) => {
      upTo += counts[index] as number;
      return { metricName, labels: { le: bound, provider }, value: upTo };
    });
    values.push(
      { metricName, labels: { le: "+Inf", provider }, value: count },
      { metricName: `${this.metricName}_sum`, labels: { provider }, value: sum },
      { metricName: `${this.metricName}_count`, labels: { provider }, value: count },
    );
    return values;
  }
}
