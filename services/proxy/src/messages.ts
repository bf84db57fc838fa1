import type { MetricsJson } from "@perpetuo/runtime/metrics";
import type { ProxyConfig } from "./config.ts";
import type { AdmissionOutcome } from "./counters.ts";
import type { LimitCall, LimitsFromChild, LimitsToChild } from "./handover/limit-messages.ts";
import type { OverloadBuffers } from "./overload/overload-control.ts";
import type { SlotTableBuffers } from "./slot-table.ts";
import type { TargetHealthBuffers } from "./target-health.ts";

/** When a generation opens its port: as soon as it can, or when its supervisor says so. */
export type ListenMode = "at-once" | "when-told";

/** What a thread is started with. `owner` names its spool segments. */
export type ThreadData = {
  config: ProxyConfig;
  index: number;
  owner: string;
  listen: ListenMode;
  shared: SharedArrayBuffer;
  limits: SlotTableBuffers;
  health: TargetHealthBuffers;
  latencies: SlotTableBuffers;
  overload: OverloadBuffers;
};

/** From the process to a thread. */
export type ToThread =
  | { kind: "limit-answer"; id: number; outcome: AdmissionOutcome }
  | { kind: "listen" }
  | { kind: "stop-listening" }
  | { kind: "close" }
  | { kind: "weigh"; id: number }
  /** Reads every budget's sum from the database before its next use. */
  | { kind: "verify-spending" }
  | { kind: "collect-metrics"; id: number }
  | { kind: "metrics-text"; id: number; text: string };

/** From a thread to its process. */
export type FromThread =
  | { kind: "limit-call"; call: LimitCall }
  | { kind: "unprepared"; reason: string }
  /** It could serve a request if it listened. */
  | { kind: "prepared" }
  | { kind: "listening" }
  | { kind: "failed"; message: string }
  | ({ kind: "load"; id: number } & ThreadLoad)
  | { kind: "metrics"; id: number; metrics: MetricsJson }
  | { kind: "metrics-wanted"; id: number }
  | { kind: "closed" };

/** Requests between their head and their settlement, and open connections. */
export type ThreadLoad = { inFlight: number; connections: number };

/** Why a generation drains: another one has the port, or the instance ends. */
export type DrainReason = "replaced" | "stopping";

/** From the supervisor to its child. */
export type ToChild =
  | { kind: "start"; generation: string; listen: ListenMode }
  | { kind: "listen" }
  | { kind: "spool-full"; full: boolean }
  | { kind: "schema-current" }
  | { kind: "spool-replayed" }
  | { kind: "drain"; reason: DrainReason }
  /** Takes the port again: the generation that has replaced this one is gone. */
  | { kind: "resume" }
  /** Ends what is under way now, in words. */
  | { kind: "hurry" }
  | { kind: "supervisor-metrics"; metrics: MetricsJson }
  | LimitsToChild;

/** From the child to its supervisor. */
export type FromChild =
  /** What a generation that listens when told still waits for. */
  | { kind: "unprepared"; reason: string }
  | { kind: "prepared" }
  | { kind: "listening" }
  | { kind: "failed"; message: string }
  /** The thread will append no more: its segments can be adopted. */
  | { kind: "thread-ended"; owner: string }
  /** A thread is blocked for good: the process has to be replaced. */
  | { kind: "thread-stuck"; thread: number }
  | { kind: "drained" }
  | LimitsFromChild;
