import type { Server as HttpServer } from "node:http";
import { Worker } from "node:worker_threads";
import { createLogger, type Logger } from "@perpetuo/runtime/logger";
import { aggregateMetrics, type MetricsJson } from "@perpetuo/runtime/metrics";
import type { ProxyConfig } from "./config.ts";
import { Drain } from "./drain.ts";
import { LimitTable } from "./limit-table.ts";
import type {
  DrainReason,
  FromChild,
  FromThread,
  ListenMode,
  ThreadData,
  ThreadLoad,
  ToChild,
  ToThread,
} from "./messages.ts";
import { serveMetrics } from "./metrics-server.ts";
import {
  createEntranceBuffers,
  Entrance,
  type EntranceBuffers,
  entranceLimits,
} from "./overload/entrance.ts";
import { SharedState } from "./shared-state.ts";
import { sharedTick } from "./shared-tick.ts";
import { createHealthBuffers } from "./target-health.ts";
import { ThreadPoll } from "./thread-poll.ts";

type Thread = {
  index: number;
  owner: string;
  worker: Worker;
  /** What it still waits for before it could serve; null when nothing. */
  waitsFor: string | null;
  isListening: boolean;
};

/**
 * A request's objects die young and are small, so that a small nursery costs no time; the engine's own would let each
 * thread grow by 48 MiB before it looks what can go.
 */
const youngGenerationMb = 8;
/** Takes no requests itself. */
const mainThread = -1;
const restartDelayMs = 100;
const closeGraceMs = 2_000;
/** The same once somebody is in a hurry. */
const hurriedCloseMs = 800;

/** The child process: starts the threads, replaces those that die, drains them, and gathers their metrics. */
export class ProxyProcess {
  private readonly config: ProxyConfig;
  private readonly generation: string;
  private readonly logger: Logger;
  private readonly shared = new SharedState();
  /** Outlives the threads: what they have counted goes on counting. */
  private readonly limits = new LimitTable();
  private readonly health = createHealthBuffers();
  private readonly entranceBuffers: EntranceBuffers;
  private readonly entrance: Entrance;
  private readonly threads = new Set<Thread>();
  private readonly metrics = new ThreadPoll<Thread, MetricsJson>();
  private readonly loads = new ThreadPoll<Thread, ThreadLoad>();
  private listen: ListenMode;
  private metricsServer: HttpServer | null = null;
  private supervisorMetrics: MetricsJson = [];
  private incarnations = 0;
  private announced: "nothing" | "prepared" | "listening" = "nothing";
  private draining: Drain | null = null;
  private isHurried = false;

  constructor(config: ProxyConfig, { generation, listen }: { generation: string; listen: ListenMode }) {
    this.config = config;
    this.generation = generation;
    this.listen = listen;
    this.logger = createLogger({ service: "proxy", level: config.logLevel });
    this.entranceBuffers = createEntranceBuffers(config.threads, config.queueLength);
    this.entrance = new Entrance(this.entranceBuffers, {
      thread: mainThread,
      threads: config.threads,
      limits: entranceLimits(config),
      tick: sharedTick,
      onShed: () => undefined,
    });
    for (let index = 0; index < config.threads; index++) this.startThread(index);
    if (listen === "at-once") this.openMetricsPort();
  }

  receive(message: Exclude<ToChild, { kind: "start" }>): void {
    switch (message.kind) {
      case "listen":
        this.startListening();
        return;
      case "spool-full":
        this.shared.setSpoolFull(message.full);
        return;
      case "schema-current":
        this.shared.confirmSchema();
        this.announceWhenPrepared();
        return;
      case "spool-replayed":
        this.shared.confirmReplay();
        this.announceWhenPrepared();
        return;
      case "supervisor-metrics":
        this.supervisorMetrics = message.metrics;
        return;
      case "drain":
        void this.drain(message.reason);
        return;
      case "hurry":
        this.isHurried = true;
        this.draining?.hurry();
    }
  }

  private startThread(index: number): void {
    const owner = `${this.generation}.${index}.${this.incarnations++}`;
    const data: ThreadData = {
      config: this.config,
      index,
      owner,
      listen: this.listen,
      shared: this.shared.buffer,
      limits: this.limits.buffers,
      health: this.health,
      entrance: this.entranceBuffers,
    };
    const worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    const thread: Thread = { index, owner, worker, waitsFor: "its threads start", isListening: false };
    this.threads.add(thread);
    worker.on("message", (message: FromThread) => this.fromThread(thread, message));
    worker.on("error", (error) => this.logger.error({ error, thread: index }, "A proxy thread failed."));
    worker.on("exit", () => this.threadEnded(thread));
  }

  private threadEnded(thread: Thread): void {
    this.threads.delete(thread);
    this.entrance.forget(thread.index);
    this.metrics.forget(thread);
    this.loads.forget(thread);
    this.send({ kind: "thread-ended", owner: thread.owner });
    // A process that drains has no port for another thread to open.
    if (this.draining !== null) return;
    if (this.announced !== "listening") {
      this.send({
        kind: "failed",
        message: `Proxy thread ${thread.index} ended before it listened; the log says why.`,
      });
      return;
    }
    this.logger.warn({ thread: thread.index }, "A proxy thread ended and is replaced.");
    setTimeout(() => {
      if (this.draining === null) this.startThread(thread.index);
    }, restartDelayMs);
  }

  private fromThread(thread: Thread, message: FromThread): void {
    switch (message.kind) {
      case "unprepared":
        thread.waitsFor = message.reason;
        this.announceWhenPrepared();
        return;
      case "prepared":
        thread.waitsFor = null;
        this.announceWhenPrepared();
        return;
      case "listening":
        thread.isListening = true;
        this.announceWhenListening();
        return;
      case "failed":
        this.send({ kind: "failed", message: message.message });
        return;
      case "metrics-wanted":
        void this.metricsText().then((text) =>
          this.tell(thread, { kind: "metrics-text", id: message.id, text }),
        );
        return;
      case "metrics":
        this.metrics.answer(message.id, thread, message.metrics);
        return;
      case "load":
        this.loads.answer(message.id, thread, message);
        return;
      case "closed":
        return;
    }
  }

  private announceWhenPrepared(): void {
    if (this.listen === "at-once" || this.announced !== "nothing") return;
    const reason = this.waitsFor();
    if (reason === null) this.announced = "prepared";
    this.send(reason === null ? { kind: "prepared" } : { kind: "unprepared", reason });
  }

  private waitsFor(): string | null {
    for (const { waitsFor } of this.threads) if (waitsFor !== null) return waitsFor;
    if (!this.shared.isSchemaCurrent) return "the database is not migrated yet";
    if (!this.shared.isSpoolReplayed) return "the spool has not reached the database yet";
    return null;
  }

  private announceWhenListening(): void {
    if (this.announced === "listening" || this.threads.size < this.config.threads) return;
    for (const thread of this.threads) if (!thread.isListening) return;
    this.announced = "listening";
    this.send({ kind: "listening" });
  }

  private startListening(): void {
    if (this.draining !== null) return;
    this.listen = "at-once";
    this.openMetricsPort();
    this.tellAll({ kind: "listen" });
  }

  private openMetricsPort(): void {
    const { host, metricsPort } = this.config;
    if (metricsPort === null) return;
    this.metricsServer = serveMetrics({
      host,
      port: metricsPort,
      text: () => this.metricsText(),
      onError: ({ message }) =>
        this.send({ kind: "failed", message: `METRICS_PORT ${metricsPort}: ${message}` }),
    });
  }

  private async metricsText(): Promise<string> {
    const parts = await this.metrics.ask(this.threads, (thread, id) =>
      this.tell(thread, { kind: "collect-metrics", id }),
    );
    return aggregateMetrics([...parts, this.supervisorMetrics]);
  }

  private async load(): Promise<ThreadLoad> {
    const loads = await this.loads.ask(this.threads, (thread, id) =>
      this.tell(thread, { kind: "weigh", id }),
    );
    const total = { inFlight: 0, connections: 0 };
    for (const { inFlight, connections } of loads) {
      total.inFlight += inFlight;
      total.connections += connections;
    }
    return total;
  }

  private async drain(reason: DrainReason): Promise<void> {
    this.shared.startDraining(reason);
    if (this.draining !== null) return this.draining.escalate(reason);
    // Another generation answers on this port; an instance that stops is watched to its end.
    if (reason === "replaced") this.metricsServer?.close();
    this.draining = new Drain(reason, {
      delayMs: this.config.drainDelayMs,
      graceMs: this.config.drainGraceMs,
      now: () => performance.now(),
      sleep,
      stopListening: () => this.tellAll({ kind: "stop-listening" }),
      load: () => this.load(),
    });
    if (this.isHurried) this.draining.hurry();
    await this.draining.run();
    await this.closeThreads();
  }

  private async closeThreads(): Promise<void> {
    this.metricsServer?.close();
    const exits = [...this.threads].map(
      (thread) => new Promise((resolve) => thread.worker.once("exit", resolve)),
    );
    this.tellAll({ kind: "close" });
    await Promise.race([Promise.all(exits), sleep(this.isHurried ? hurriedCloseMs : closeGraceMs)]);
    this.send({ kind: "drained" });
  }

  private tell(thread: Thread, message: ToThread): void {
    thread.worker.postMessage(message);
  }

  private tellAll(message: ToThread): void {
    for (const thread of this.threads) this.tell(thread, message);
  }

  private send(message: FromChild): void {
    if (process.connected) process.send?.(message);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
