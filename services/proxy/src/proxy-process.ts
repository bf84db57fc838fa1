import { createServer, type Server as HttpServer } from "node:http";
import { Worker } from "node:worker_threads";
import { createLogger, type Logger } from "@perpetuo/runtime/logger";
import { aggregateMetrics, type MetricsJson, metricsContentType } from "@perpetuo/runtime/metrics";
import type { ProxyConfig } from "./config.ts";
import { LimitTable } from "./limit-table.ts";
import type { FromChild, FromThread, ThreadData, ToChild, ToThread } from "./messages.ts";
import {
  createEntranceBuffers,
  Entrance,
  type EntranceBuffers,
  entranceLimits,
} from "./overload/entrance.ts";
import { SharedState } from "./shared-state.ts";
import { sharedTick } from "./shared-tick.ts";
import { createHealthBuffers } from "./target-health.ts";

type Thread = { index: number; owner: string; worker: Worker; isListening: boolean };
type Collection = {
  waiting: Set<Thread>;
  parts: MetricsJson[];
  inFlight: number;
  done: (result: Collection) => void;
};

/**
 * A request's objects die young and are small, so that a small nursery costs no time; the engine's own would let each
 * thread grow by 48 MiB before it looks what can go.
 */
const youngGenerationMb = 8;
/** Takes no requests itself. */
const mainThread = -1;
const restartDelayMs = 100;
const drainPollMs = 50;
const closeGraceMs = 2_000;

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
  private readonly collections = new Map<number, Collection>();
  private readonly metricsServer: HttpServer | null;
  private supervisorMetrics: MetricsJson = [];
  private nextCollection = 0;
  private incarnations = 0;
  private announced = false;
  private closing = false;

  constructor(config: ProxyConfig, generation: string) {
    this.config = config;
    this.generation = generation;
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
    this.metricsServer = config.metricsPort === null ? null : this.serveMetrics(config.metricsPort);
  }

  receive(message: Exclude<ToChild, { kind: "start" }>): void {
    switch (message.kind) {
      case "spool-full":
        this.shared.setSpoolFull(message.full);
        return;
      case "schema-current":
        this.shared.confirmSchema();
        return;
      case "spool-replayed":
        this.shared.confirmReplay();
        return;
      case "supervisor-metrics":
        this.supervisorMetrics = message.metrics;
        return;
      case "drain":
        void this.drain();
        return;
      case "abandon":
        void this.closeThreads();
    }
  }

  private startThread(index: number): void {
    const owner = `${this.generation}.${index}.${this.incarnations++}`;
    const data: ThreadData = {
      config: this.config,
      index,
      owner,
      shared: this.shared.buffer,
      limits: this.limits.buffers,
      health: this.health,
      entrance: this.entranceBuffers,
    };
    const worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    const thread: Thread = { index, owner, worker, isListening: false };
    this.threads.add(thread);
    worker.on("message", (message: FromThread) => this.fromThread(thread, message));
    worker.on("error", (error) => this.logger.error({ error, thread: index }, "A proxy thread failed."));
    worker.on("exit", () => this.threadEnded(thread));
  }

  private threadEnded(thread: Thread): void {
    this.threads.delete(thread);
    this.entrance.forget(thread.index);
    for (const [id, collection] of this.collections) this.collected(id, thread, collection);
    this.send({ kind: "thread-ended", owner: thread.owner });
    if (this.closing) return;
    if (!this.announced) {
      this.send({
        kind: "failed",
        message: `Proxy thread ${thread.index} ended before it listened; the log says why.`,
      });
      return;
    }
    this.logger.warn({ thread: thread.index }, "A proxy thread ended and is replaced.");
    setTimeout(() => this.startThread(thread.index), restartDelayMs);
  }

  private fromThread(thread: Thread, message: FromThread): void {
    switch (message.kind) {
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
        this.addMetrics(thread, message);
        return;
      case "closed":
        return;
    }
  }

  private announceWhenListening(): void {
    if (this.announced || this.threads.size < this.config.threads) return;
    for (const thread of this.threads) if (!thread.isListening) return;
    this.announced = true;
    this.send({ kind: "listening" });
  }

  private async metricsText(): Promise<string> {
    const { parts } = await this.collect();
    return aggregateMetrics([...parts, this.supervisorMetrics]);
  }

  private collect(): Promise<Collection> {
    const id = this.nextCollection++;
    return new Promise((done) => {
      const collection: Collection = { waiting: new Set(this.threads), parts: [], inFlight: 0, done };
      this.collections.set(id, collection);
      for (const thread of this.threads) this.tell(thread, { kind: "collect-metrics", id });
      if (collection.waiting.size === 0) done(collection);
    });
  }

  private addMetrics(thread: Thread, { id, metrics, inFlight }: FromThread & { kind: "metrics" }): void {
    const collection = this.collections.get(id);
    if (!collection) return;
    collection.parts.push(metrics);
    collection.inFlight += inFlight;
    this.collected(id, thread, collection);
  }

  private collected(id: number, thread: Thread, collection: Collection): void {
    if (!collection.waiting.delete(thread) || collection.waiting.size > 0) return;
    this.collections.delete(id);
    collection.done(collection);
  }

  /** Not ready at once, deaf after the delay, and gone when the last request is, or when the grace is over. */
  private async drain(): Promise<void> {
    this.shared.startDraining();
    await sleep(this.config.drainDelayMs);
    for (const thread of this.threads) this.tell(thread, { kind: "stop-listening" });
    const until = performance.now() + this.config.drainGraceMs;
    while (performance.now() < until && (await this.collect()).inFlight > 0) await sleep(drainPollMs);
    await this.closeThreads();
  }

  private async closeThreads(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    this.shared.startDraining();
    this.metricsServer?.close();
    const exits = [...this.threads].map(
      (thread) => new Promise((resolve) => thread.worker.once("exit", resolve)),
    );
    for (const thread of this.threads) this.tell(thread, { kind: "close" });
    await Promise.race([Promise.all(exits), sleep(closeGraceMs)]);
    this.send({ kind: "drained" });
  }

  private serveMetrics(port: number): HttpServer {
    const server = createServer((request, response) => {
      if (request.method !== "GET" || request.url !== "/metrics") {
        response.writeHead(404).end();
        return;
      }
      void this.metricsText().then((text) => {
        response.writeHead(200, { "content-type": metricsContentType }).end(text);
      });
    });
    server.on("error", (error) =>
      this.send({ kind: "failed", message: `METRICS_PORT ${port}: ${error.message}` }),
    );
    return server.listen(port, this.config.host);
  }

  private tell(thread: Thread, message: ToThread): void {
    thread.worker.postMessage(message);
  }

  private send(message: FromChild): void {
    if (process.connected) process.send?.(message);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
