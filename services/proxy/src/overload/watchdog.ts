import type { Logger } from "@perpetuo/runtime/logger";
import { createRegistry, type MetricsJson } from "@perpetuo/runtime/metrics";
import { Counter, Gauge } from "prom-client";
import type { SharedState } from "../shared-state.ts";
import { beatMs, Heartbeats } from "./heartbeats.ts";
import { type LoopEvent, type LoopLimits, LoopWatch } from "./loop-watch.ts";
import { judgeMemory, type MemoryState } from "./memory-watch.ts";
import { Pressure } from "./pressure.ts";

const memoryLookMs = 500;

export type WatchdogOptions = {
  limits: LoopLimits;
  /** Bytes that the process may use; null: any number. */
  maxMemoryBytes: number | null;
  threads: number;
  heartbeats: SharedArrayBuffer;
  pressure: SharedArrayBuffer;
  shared: SharedState;
  logger: Logger;
  /** Requests that hold a place of the thread. */
  heldBy: (thread: number) => number;
  /** What the thread is doing, for the log; null when it cannot be seen. */
  sample: (thread: number) => Promise<string[] | null>;
  /** The thread does not answer any more: nobody may wait for it. */
  onBlocked: (thread: number) => void;
  /** It is given up. */
  onStuck: (thread: number) => void;
};

/**
 * Watches the process's threads from its main thread, which serves nothing and so sees a thread that is blocked. Late
 * threads get fewer requests, a blocked one makes the instance not ready and is written down with what it does, and one
 * that stays blocked is given up. A process short of memory takes on nothing until it has more.
 */
export class Watchdog {
  private readonly options: WatchdogOptions;
  private readonly heartbeats: Heartbeats;
  private readonly pressure: Pressure;
  private readonly watches = new Map<number, LoopWatch>();
  private readonly loopLimits = new Map<number, number>();
  private readonly registry = createRegistry();
  private readonly blocks: Counter;
  private readonly timers: NodeJS.Timeout[];
  private memory: MemoryState = "enough";
  private lookedAt = performance.now();

  constructor(options: WatchdogOptions) {
    this.options = options;
    this.heartbeats = new Heartbeats(options.heartbeats);
    this.pressure = new Pressure(options.pressure);
    this.blocks = new Counter({
      name: "perpetuo_thread_blocks_total",
      help: "Times that a thread did not come round to its event loop for a second.",
      registers: [this.registry],
    });
    this.collectDelays();
    this.timers = [
      setInterval(() => this.look(), beatMs).unref(),
      setInterval(() => this.weigh(), memoryLookMs).unref(),
    ];
  }

  /** From a thread's first beat on. */
  watch(thread: number): void {
    if (this.watches.has(thread)) return;
    this.watches.set(thread, new LoopWatch(this.options.limits, this.heartbeats.count(thread)));
  }

  /** The thread is gone. */
  forget(thread: number): void {
    this.watches.delete(thread);
    this.loopLimits.delete(thread);
    this.apply(thread);
    this.countBlocked();
  }

  /** Whether an answer can be expected of the thread. */
  isBlocked(thread: number): boolean {
    return this.watches.get(thread)?.isBlocked ?? false;
  }

  isStuck(thread: number): boolean {
    return this.watches.get(thread)?.isStuck ?? false;
  }

  metrics(): Promise<MetricsJson> {
    return this.registry.getMetricsAsJSON();
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  private look(): void {
    const now = performance.now();
    const gapMs = now - this.lookedAt;
    this.lookedAt = now;
    for (const [thread, watch] of this.watches) {
      const beats = this.heartbeats.count(thread);
      const held = this.options.heldBy(thread);
      for (const event of watch.look({ beats, gapMs, held })) this.handle(thread, event);
    }
  }

  private handle(thread: number, event: LoopEvent): void {
    const { logger, onBlocked, onStuck } = this.options;
    switch (event.kind) {
      case "blocked":
        this.blocks.inc();
        this.countBlocked();
        onBlocked(thread);
        void this.diagnose(thread);
        return;
      case "recovered":
        this.countBlocked();
        logger.warn({ thread, after_ms: Math.round(event.afterMs) }, "A blocked thread goes on.");
        return;
      case "stuck":
        logger.error({ thread }, "A blocked thread is given up.");
        onStuck(thread);
        return;
      case "limit":
        if (event.most === null) this.loopLimits.delete(thread);
        else this.loopLimits.set(thread, event.most);
        this.apply(thread);
    }
  }

  private async diagnose(thread: number): Promise<void> {
    const { logger, sample } = this.options;
    const stack = await sample(thread).catch(() => null);
    logger.error({ thread, stack }, "A thread has not come round to its event loop for a second.");
  }

  private countBlocked(): void {
    const blocked = [...this.watches.values()].filter(({ isBlocked }) => isBlocked).length;
    this.options.shared.setBlockedThreads(blocked);
  }

  private weigh(): void {
    const { maxMemoryBytes, threads, shared, logger } = this.options;
    const usedBytes = process.memoryUsage.rss();
    const state = judgeMemory(this.memory, { usedBytes, limitBytes: maxMemoryBytes });
    if (state === this.memory) return;
    this.memory = state;
    shared.setMemoryCritical(state === "critical");
    logger.warn({ used_bytes: usedBytes, max_bytes: maxMemoryBytes, state }, "The process's memory.");
    for (let thread = 0; thread < threads; thread++) this.apply(thread);
  }

  private apply(thread: number): void {
    const most = this.loopLimits.get(thread);
    if (this.memory !== "enough") this.pressure.limit(thread, 0, "memory");
    else if (most !== undefined) this.pressure.limit(thread, most, "event-loop");
    else this.pressure.lift(thread);
  }

  private collectDelays(): void {
    const { watches } = this;
    new Gauge({
      name: "perpetuo_loop_delay_p99_seconds",
      help: "p99 of a thread's event-loop delay over the last second, seen from outside the thread.",
      labelNames: ["thread"] as const,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [thread, { p99Ms }] of watches) this.set({ thread: String(thread) }, p99Ms / 1_000);
      },
    });
    new Gauge({
      name: "perpetuo_threads_blocked",
      help: "Threads that do not come round to their event loop.",
      registers: [this.registry],
      collect() {
        this.set([...watches.values()].filter(({ isBlocked }) => isBlocked).length);
      },
    });
  }
}
