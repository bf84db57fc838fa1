import type { MetricsJson } from "@perpetuo/runtime/metrics";
import type { ProxyConfig } from "./config.ts";
import type { EntranceBuffers } from "./overload/entrance.ts";
import type { SlotTableBuffers } from "./slot-table.ts";
import type { TargetHealthBuffers } from "./target-health.ts";

/** What a thread is started with. `owner` names its spool segments. */
export type ThreadData = {
  config: ProxyConfig;
  index: number;
  owner: string;
  shared: SharedArrayBuffer;
  limits: SlotTableBuffers;
  health: TargetHealthBuffers;
  entrance: EntranceBuffers;
};

/** From the process to a thread. */
export type ToThread =
  | { kind: "stop-listening" }
  | { kind: "close" }
  | { kind: "collect-metrics"; id: number }
  | { kind: "metrics-text"; id: number; text: string };

/** From a thread to its process. */
export type FromThread =
  | { kind: "listening" }
  | { kind: "failed"; message: string }
  | { kind: "metrics"; id: number; metrics: MetricsJson; inFlight: number }
  | { kind: "metrics-wanted"; id: number }
  | { kind: "closed" };

/** From the supervisor to its child. */
export type ToChild =
  | { kind: "start"; config: ProxyConfig; generation: string }
  | { kind: "spool-full"; full: boolean }
  | { kind: "schema-current" }
  | { kind: "spool-replayed" }
  | { kind: "drain" }
  | { kind: "abandon" }
  | { kind: "supervisor-metrics"; metrics: MetricsJson };

/** From the child to its supervisor. */
export type FromChild =
  | { kind: "listening" }
  | { kind: "failed"; message: string }
  /** The thread will append no more: its segments can be adopted. */
  | { kind: "thread-ended"; owner: string }
  | { kind: "drained" };
