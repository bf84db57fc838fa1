import type { Server as HttpServer } from "node:http";
import { createLogger, type Logger } from "@perpetuo/runtime/logger";
import { aggregateMetrics, type MetricsJson } from "@perpetuo/runtime/metrics";
import type { ProxyConfig } from "./config.ts";
import { Drain } from "./drain.ts";
import { LimitKeeper } from "./handover/limit-keeper.ts";
import { isLimitsToChild, type LimitsToChild } from "./handover/limit-messages.ts";
import { LimitTable } from "./limit-table.ts";
import type { DrainReason, FromChild, ListenMode, ToChild } from "./messages.ts";
import { serveMetrics } from "./metrics-server.ts";
import { OverloadControl } from "./overload/overload-control.ts";
import { judgeProcessReadiness } from "./readiness.ts";
import { SharedState } from "./shared-state.ts";
import { createHealthBuffers } from "./target-health.ts";
import { createLatencyBuffers } from "./target-latency.ts";
import { type Thread, ThreadGroup, type ThreadNews } from "./thread-group.ts";

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
  private readonly keeper: LimitKeeper;
  private readonly health = createHealthBuffers();
  private readonly latencies = createLatencyBuffers();
  private readonly overload: OverloadControl;
  private readonly threads: ThreadGroup;
  private listen: ListenMode;
  private metricsServer: HttpServer | null = null;
  private supervisorMetrics: MetricsJson = [];
  private incarnations = 0;
  private announced: "nothing" | "prepared" | "listening" = "nothing";
  private draining: Drain | null = null;
  private isHurried = false;
  private isClosing = false;

  constructor(config: ProxyConfig, { generation, listen }: { generation: string; listen: ListenMode }) {
    this.config = config;
    this.generation = generation;
    this.listen = listen;
    this.logger = createLogger({ service: "proxy", level: config.logLevel });
    this.keeper = new LimitKeeper({
      generation,
      table: this.limits,
      shared: this.shared,
      send: (message) => this.send(message),
    });
    this.overload = new OverloadControl(config, {
      shared: this.shared,
      logger: this.logger,
      workerIdOf: (index) => this.threads.at(index)?.worker.threadId ?? null,
      onBlocked: (index) => this.threads.expectNothing(index, "metrics"),
      onStuck: (index) => {
        this.threads.expectNothing(index, "load");
        this.send({ kind: "thread-stuck", thread: index });
      },
    });
    this.threads = new ThreadGroup({
      onMessage: (thread, message) => this.fromThread(thread, message),
      onError: ({ index }, error) => this.logger.error({ error, thread: index }, "A proxy thread failed."),
      onEnded: (thread) => this.threadEnded(thread),
      answers: ({ index }) => this.overload.answersOf(index),
    });
    for (let index = 0; index < config.threads; index++) this.startThread(index);
    if (listen === "at-once") this.openMetricsPort();
  }

  receive(message: Exclude<ToChild, { kind: "start" }>): void {
    if (isLimitsToChild(message)) this.keeper.receive(message);
    else this.obey(message);
  }

  private obey(message: Exclude<ToChild, LimitsToChild | { kind: "start" }>): void {
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
        void this.confirmReplay();
        return;
      case "supervisor-metrics":
        this.supervisorMetrics = message.metrics;
        return;
      case "drain":
        void this.drain(message.reason);
        return;
      case "resume":
        this.resume();
        return;
      case "hurry":
        this.isHurried = true;
        this.draining?.hurry();
    }
  }

  private startThread(index: number): void {
    this.threads.start({
      config: this.config,
      index,
      owner: `${this.generation}.${index}.${this.incarnations++}`,
      listen: this.listen,
      shared: this.shared.buffer,
      limits: this.limits.buffers,
      health: this.health,
      latencies: this.latencies,
      overload: this.overload.buffers,
    });
  }

  private threadEnded({ index, owner }: Thread): void {
    this.overload.threadEnded(index);
    this.send({ kind: "thread-ended", owner });
    // A process that drains has no port for another thread to open.
    if (this.draining !== null) return;
    if (this.announced !== "listening") {
      this.send({
        kind: "failed",
        message: `Proxy thread ${index} ended before it listened; the log says why.`,
      });
      return;
    }
    this.logger.warn({ thread: index }, "A proxy thread ended and is replaced.");
    setTimeout(() => {
      if (this.draining === null) this.startThread(index);
    }, restartDelayMs);
  }

  private fromThread(thread: Thread, message: ThreadNews): void {
    this.overload.threadStarted(thread.index);
    switch (message.kind) {
      case "unprepared":
      case "prepared":
        this.announceWhenPrepared();
        return;
      case "listening":
        this.announceWhenListening();
        return;
      case "failed":
        this.send({ kind: "failed", message: message.message });
        return;
      case "limit-call": {
        const { call } = message;
        this.keeper.call(call, (outcome) => {
          if (call.kind === "admit")
            this.threads.tell(thread, { kind: "limit-answer", id: call.id, outcome });
        });
        return;
      }
      case "metrics-wanted":
        void this.metricsText().then((text) =>
          this.threads.tell(thread, { kind: "metrics-text", id: message.id, text }),
        );
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
    if (this.threads.waitsFor !== null) return this.threads.waitsFor;
    if (!this.shared.isSchemaCurrent) return "the database is not migrated yet";
    return this.shared.isSpoolReplayed ? null : "the spool has not reached the database yet";
  }

  private async confirmReplay(): Promise<void> {
    this.threads.tellAll({ kind: "verify-spending" });
    // A thread that answers has heard what came before.
    await this.threads.load();
    this.shared.confirmReplay();
    this.announceWhenPrepared();
  }

  private announceWhenListening(): void {
    if (this.announced === "listening" || this.threads.size < this.config.threads) return;
    if (!this.threads.isListening) return;
    this.announced = "listening";
    this.send({ kind: "listening" });
  }

  private startListening(): void {
    if (this.draining !== null) return;
    this.listen = "at-once";
    this.announced = "prepared";
    this.openMetricsPort();
    this.threads.listen();
  }

  private openMetricsPort(): void {
    const { host, metricsPort } = this.config;
    if (metricsPort === null) return;
    this.metricsServer = serveMetrics({
      host,
      port: metricsPort,
      text: () => this.metricsText(),
      readiness: () =>
        judgeProcessReadiness(
          this.shared,
          this.threads.areReady((index) => this.overload.wasReady(index)),
        ),
      onError: ({ message }) =>
        this.send({ kind: "failed", message: `METRICS_PORT ${metricsPort}: ${message}` }),
    });
  }

  private async metricsText(): Promise<string> {
    const [threads, overload] = await Promise.all([this.threads.metrics(), this.overload.metrics()]);
    return aggregateMetrics([...threads, overload, this.supervisorMetrics]);
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
      stopListening: () => this.threads.tellAll({ kind: "stop-listening" }),
      load: () => this.threads.load(),
    });
    if (this.isHurried) this.draining.hurry();
    if ((await this.draining.run()) === "cancelled") return;
    this.isClosing = true;
    this.overload.stop();
    this.metricsServer?.close();
    await Promise.race([this.threads.close(), sleep(this.isHurried ? hurriedCloseMs : closeGraceMs)]);
    this.send({ kind: "drained" });
  }

  /** Serves on, unless it is too late for that. */
  private resume(): void {
    if (this.draining === null || this.isClosing || this.shared.isStopping) return;
    this.draining.cancel();
    this.draining = null;
    this.shared.awaitReplay();
    this.shared.stopDraining();
    this.startListening();
    // Those that have ended meanwhile were not replaced.
    for (let index = 0; index < this.config.threads; index++) {
      if (!this.threads.has(index)) this.startThread(index);
    }
  }

  private send(message: FromChild): void {
    if (process.connected) process.send?.(message);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
