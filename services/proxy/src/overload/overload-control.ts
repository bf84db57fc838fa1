import type { Logger } from "@perpetuo/runtime/logger";
import type { MetricsJson } from "@perpetuo/runtime/metrics";
import type { SharedState } from "../shared-state.ts";
import { sharedTick } from "../shared-tick.ts";
import { createEntranceBuffers, Entrance, type EntranceBuffers, entranceLimits } from "./entrance.ts";
import { createHeartbeatBuffer, Heartbeats } from "./heartbeats.ts";
import { lookAtThread } from "./thread-stack.ts";
import { Watchdog } from "./watchdog.ts";

/** What threads share of places, waiting requests and heartbeats. */
export type OverloadBuffers = { entrance: EntranceBuffers; heartbeats: SharedArrayBuffer };

export type OverloadConfig = Parameters<typeof entranceLimits>[0] & {
  threads: number;
  queueLength: number;
  maxLoopDelayMs: number;
  stuckThreadMs: number;
  maxMemoryBytes: number | null;
};

export type OverloadEvents = {
  shared: SharedState;
  logger: Logger;
  /** Node's id of the thread's worker; null when it is gone. */
  workerIdOf: (thread: number) => number | null;
  onBlocked: (thread: number) => void;
  onStuck: (thread: number) => void;
};

/** Takes no requests itself. */
const mainThread = -1;

/** The main thread's side of overload control: it counts what threads hold, and watches over them. */
export class OverloadControl {
  readonly buffers: OverloadBuffers;
  private readonly entrance: Entrance;
  private readonly heartbeats: Heartbeats;
  private readonly watchdog: Watchdog;

  constructor(config: OverloadConfig, { workerIdOf, ...events }: OverloadEvents) {
    const { threads, queueLength } = config;
    const entrance = createEntranceBuffers(threads, queueLength);
    this.buffers = { entrance, heartbeats: createHeartbeatBuffer(threads) };
    this.heartbeats = new Heartbeats(this.buffers.heartbeats);
    this.entrance = new Entrance(entrance, {
      thread: mainThread,
      threads,
      limits: entranceLimits(config),
      tick: sharedTick,
      onShed: () => undefined,
    });
    this.watchdog = new Watchdog({
      ...events,
      limits: { maxDelayMs: config.maxLoopDelayMs, stuckMs: config.stuckThreadMs },
      maxMemoryBytes: config.maxMemoryBytes,
      threads,
      heartbeats: this.buffers.heartbeats,
      pressure: entrance.pressure,
      heldBy: (thread) => this.entrance.heldBy(thread),
      sample: async (thread) => {
        const workerId = workerIdOf(thread);
        return workerId === null ? null : lookAtThread(workerId);
      },
    });
  }

  threadStarted(thread: number): void {
    this.watchdog.watch(thread);
  }

  /** What the thread held is free again. */
  threadEnded(thread: number): void {
    this.watchdog.forget(thread);
    this.entrance.forget(thread);
  }

  /** When an answer can be expected of the thread. A stuck one cannot be ended without the whole process. */
  answersOf(thread: number): "now" | "later" | "never" {
    if (this.watchdog.isStuck(thread)) return "never";
    return this.watchdog.isBlocked(thread) ? "later" : "now";
  }

  /** Whether the thread could serve a request when it last came round to its event loop. */
  wasReady(thread: number): boolean {
    return this.heartbeats.wasReady(thread);
  }

  metrics(): Promise<MetricsJson> {
    return this.watchdog.metrics();
  }

  stop(): void {
    this.watchdog.stop();
  }
}
