import { Counter, Gauge, Histogram } from "prom-client";
import { describe, expect, it } from "vitest";
import {
  aggregateMetrics,
  collectRuntimeMetrics,
  createRegistry,
  type MetricsJson,
  renderMetrics,
} from "./metrics.ts";

/** One thread's registry as it arrives through a message port. */
async function threadMetrics(observed: {
  requests: number;
  seconds: number;
  lag: number;
}): Promise<MetricsJson> {
  const registry = createRegistry();
  const registers = [registry];
  new Counter({ name: "requests_total", help: "r", registers, labelNames: ["provider"] }).inc(
    { provider: "openai" },
    observed.requests,
  );
  new Histogram({ name: "duration_seconds", help: "d", registers, buckets: [0.1, 1] }).observe(
    observed.seconds,
  );
  new Gauge({ name: "lag_seconds", help: "l", registers, aggregator: "max" }).set(observed.lag);
  return structuredClone(await registry.getMetricsAsJSON());
}

describe("metrics", () => {
  it("aggregateMetrics · sums counters and histograms, and obeys aggregators", async () => {
    const text = await aggregateMetrics([
      await threadMetrics({ requests: 2, seconds: 0.05, lag: 0.5 }),
      await threadMetrics({ requests: 3, seconds: 0.5, lag: 0.1 }),
    ]);
    const lines = text.split("\n");
    expect(lines).toContain('requests_total{provider="openai"} 5');
    expect(lines).toContain('duration_seconds_bucket{le="0.1"} 1');
    expect(lines).toContain('duration_seconds_bucket{le="1"} 2');
    expect(lines).toContain('duration_seconds_bucket{le="+Inf"} 2');
    expect(lines).toContain("duration_seconds_count 2");
    expect(lines).toContain("lag_seconds 0.5");
  });

  it("aggregateMetrics · is empty without threads", async () => {
    expect((await aggregateMetrics([])).trim()).toBe("");
  });

  it("collectRuntimeMetrics · counts a process once, however many threads report", async () => {
    const threads: MetricsJson[] = [];
    for (let thread = 0; thread < 3; thread += 1) {
      const registry = createRegistry();
      collectRuntimeMetrics(registry, { process: "proxy" });
      threads.push(structuredClone(await registry.getMetricsAsJSON()));
    }
    const text = await aggregateMetrics(threads);
    const megabytes =
      Number(/process_resident_memory_bytes{process="proxy"} (\d+)/.exec(text)?.[1]) / 2 ** 20;
    expect(megabytes).toBeGreaterThan(1);
    expect(megabytes).toBeLessThan((process.memoryUsage.rss() / 2 ** 20) * 2);
    expect(text.match(/^process_start_time_seconds/gm)).toHaveLength(1);
  });

  it("collectRuntimeMetrics · keeps the processes of one scrape apart", async () => {
    const supervisor = createRegistry();
    collectRuntimeMetrics(supervisor, { process: "supervisor" });
    const child = createRegistry();
    collectRuntimeMetrics(child, { process: "child" });
    const text = await aggregateMetrics([
      await supervisor.getMetricsAsJSON(),
      await child.getMetricsAsJSON(),
    ]);
    expect(text).toContain('process_resident_memory_bytes{process="supervisor"}');
    expect(text).toContain('process_resident_memory_bytes{process="child"}');
  });

  it("renderMetrics · has CPU, memory, heap and event-loop delay as finite numbers", async () => {
    const registry = createRegistry();
    collectRuntimeMetrics(registry, { process: "control" });
    const text = await renderMetrics(registry);
    const names = [
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "process_start_time_seconds",
      "nodejs_heap_size_used_bytes",
      "nodejs_eventloop_lag_p50_seconds",
      "nodejs_eventloop_lag_p99_seconds",
      "nodejs_eventloop_lag_max_seconds",
    ];
    for (const name of names) {
      expect(text).toMatch(new RegExp(`^${name}{process="control"} [\\d.e+-]+$`, "m"));
    }
  });
});
