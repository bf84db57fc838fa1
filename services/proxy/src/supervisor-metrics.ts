import { collectRuntimeMetrics, createRegistry } from "@perpetuo/runtime/metrics";
import { Counter, Gauge, type Registry } from "prom-client";

/** What the supervisor knows of the way from the spool into the database. */
export type FlushMetrics = {
  registry: Registry;
  flushedRows: Counter;
  quarantinedRows: Counter;
  damagedLines: Counter;
  spoolBytes: Gauge;
  spoolSegments: Gauge;
  flushLagSeconds: Gauge;
};

/** The same and what it knows of its child processes. */
export type SupervisorMetrics = FlushMetrics & {
  restarts: Counter;
  rollingRestarts: Counter<"outcome">;
  generations: Gauge;
};

export function createSupervisorMetrics(): SupervisorMetrics {
  const registry = createRegistry();
  collectRuntimeMetrics(registry, { process: "supervisor" });
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  return {
    registry,
    flushedRows: counter("perpetuo_log_rows_flushed_total", "Log rows that the database has committed."),
    quarantinedRows: counter(
      "perpetuo_log_rows_quarantined_total",
      "Log rows that the database refused; above 0 is an alarm.",
    ),
    damagedLines: counter(
      "perpetuo_spool_lines_damaged_total",
      "Spool lines that were not whole, such as one torn by a crash.",
    ),
    restarts: counter("perpetuo_proxy_restarts_total", "Times that the proxy's process was started again."),
    rollingRestarts: new Counter({
      name: "perpetuo_proxy_rolling_restarts_total",
      help: "Rolling restarts: the serving process was replaced, or kept because the new one did not come up.",
      labelNames: ["outcome"] as const,
      registers,
    }),
    generations: gauge(
      "perpetuo_proxy_generations",
      "Processes that are alive: the serving one, and those that finish their requests.",
    ),
    spoolBytes: gauge("perpetuo_spool_bytes", "Bytes of sealed segments that wait for the database."),
    spoolSegments: gauge("perpetuo_spool_segments", "Sealed segments that wait for the database."),
    flushLagSeconds: gauge("perpetuo_flush_lag_seconds", "Time since the last flush that emptied the spool."),
  };
}
