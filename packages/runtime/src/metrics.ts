import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { AggregatorRegistry, Counter, Gauge, Registry } from "prom-client";

/** One thread's metrics in the form that crosses a message port: `await registry.getMetricsAsJSON()`. */
export type MetricsJson = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** The media type of what `renderMetrics` and `aggregateMetrics` give. */
export const metricsContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

const nanosecondsPerSecond = 1e9;
const microsecondsPerSecond = 1e6;

/** An empty registry. Metrics name it in `registers`; nothing is ever put in prom-client's global one. */
export function createRegistry(): Registry {
  return new Registry();
}

/**
 * Adds what every service reports of its runtime: CPU, memory, open files, start time and event-loop delay.
 * `process` labels the process, so that a supervisor and its child stay apart in one scrape. Each thread of a process
 * may call it: figures of the whole process are counted once, heaps are summed, and of the delays the worst is kept.
 */
export function collectRuntimeMetrics(registry: Registry, labels: { process: string }): void {
  collectProcessMetrics(registry, labels);
  collectHeapMetrics(registry, labels);
  collectEventLoopDelay(registry, labels);
}

/** The registry as Prometheus text. */
export function renderMetrics(registry: Registry): Promise<string> {
  return registry.metrics();
}

/**
 * Merges the metrics of several threads or processes into one Prometheus text. Each metric's `aggregator` decides how
 * equal label sets combine; counters and histograms are summed.
 */
export function aggregateMetrics(threads: MetricsJson[]): Promise<string> {
  return AggregatorRegistry.aggregate(threads).metrics();
}

function collectProcessMetrics(registry: Registry, labels: { process: string }): void {
  const registers = [registry];
  const labelNames = ["process"] as const;
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of the process, user and system, in seconds.",
    registers,
    labelNames,
    aggregator: "first",
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc(labels, (user + system) / microsecondsPerSecond);
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the process in bytes.",
    registers,
    labelNames,
    aggregator: "first",
    collect() {
      this.set(labels, process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "Start of the process in seconds since the epoch.",
    registers,
    labelNames,
    aggregator: "first",
  }).set(labels, Math.round(Date.now() / 1000 - process.uptime()));
  new Gauge({
    name: "process_open_fds",
    help: "Open file descriptors of the process; absent where the system does not tell.",
    registers,
    labelNames,
    aggregator: "first",
    collect() {
      const count = openFileCount();
      if (count !== null) this.set(labels, count);
    },
  });
}

function collectHeapMetrics(registry: Registry, labels: { process: string }): void {
  new Gauge({
    name: "nodejs_heap_size_used_bytes",
    help: "JavaScript heap in use, over all threads, in bytes.",
    registers: [registry],
    labelNames: ["process"],
    aggregator: "sum",
    collect() {
      this.set(labels, process.memoryUsage().heapUsed);
    },
  });
}

/** Each scrape starts a new window, so that the figures describe the time since the scrape before. */
function collectEventLoopDelay(registry: Registry, labels: { process: string }): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      labelNames: ["process"],
      aggregator: "max",
      collect() {
        this.set(labels, read() / nanosecondsPerSecond);
      },
    });
  gauge("nodejs_eventloop_lag_p50_seconds", "Median event-loop delay of the slowest thread.", () =>
    delay.percentile(50),
  );
  gauge(
    "nodejs_eventloop_lag_p99_seconds",
    "99th percentile of event-loop delay of the slowest thread.",
    () => delay.percentile(99),
  );
  gauge("nodejs_eventloop_lag_max_seconds", "Longest event-loop delay of any thread.", () => {
    const { max } = delay;
    delay.reset();
    return max;
  });
}

function openFileCount(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}
