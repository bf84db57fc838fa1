import { type ChildProcess, fork } from "node:child_process";
import { isDataError } from "@perpetuo/database/data-error";
import { openPool, type Pool } from "@perpetuo/database/pool";
import { flushBatch } from "@perpetuo/database/queries/proxy/flush-batch";
import { schemaIsCurrent } from "@perpetuo/database/schema-version";
import { createLogger, type Logger } from "@perpetuo/runtime/logger";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import { childEnvironment, type ProxyConfig } from "./config.ts";
import { LogFlush } from "./log-flush.ts";
import type { FromChild, ToChild } from "./messages.ts";
import { probePort } from "./port-probe.ts";
import { SpoolDirectory } from "./spool-directory.ts";
import { SpoolLock } from "./spool-lock.ts";
import { createSupervisorMetrics, type FlushMetrics } from "./supervisor-metrics.ts";

const flushIntervalMs = 100;
const longestFlushPauseMs = 2_000;
const finalFlushMs = 5_000;
const metricsIntervalMs = 1_000;
const firstRestartMs = 50;
const longestRestartMs = 5_000;
/** A child that lived this long is not part of a crash loop. */
const healthyLifeMs = 10_000;
/** Beyond the drain's own grace, before the child is ended by force. */
const killGraceMs = 5_000;

/** Starts the data plane: a supervisor that flushes, and a child process that serves. */
export async function start(config: ProxyConfig): Promise<AsyncDisposable> {
  const supervisor = new Supervisor(config);
  await supervisor.start();
  return supervisor;
}

type Child = { process: ChildProcess; generation: string; startedAt: number };

/** The parent process: it serves nothing itself, so that nothing that a request does can stop the flush. */
class Supervisor implements AsyncDisposable {
  private readonly config: ProxyConfig;
  private readonly logger: Logger;
  private readonly spool: SpoolDirectory;
  private readonly lock: SpoolLock;
  private readonly database: Pool;
  private readonly metrics: FlushMetrics = createSupervisorMetrics();
  private readonly flusher: LogFlush;
  private readonly stopping = Promise.withResolvers<void>();
  private child: Child | null = null;
  private restartDelay = firstRestartMs;
  private stopped = false;
  private schemaCurrent = false;
  private spoolFull = false;
  /** False from a child's start until the records of the one before are in the database. */
  private replayed = false;
  private emptiedAt = performance.now();
  private metricsTimer: NodeJS.Timeout | null = null;
  private flushing: Promise<void> = Promise.resolve();

  constructor(config: ProxyConfig) {
    this.config = config;
    this.logger = createLogger({ service: "proxy-supervisor", level: config.logLevel });
    this.spool = new SpoolDirectory(config.spoolDir);
    this.lock = new SpoolLock(config.spoolDir);
    this.database = openPool(config.databaseUrl, { max: 2, applicationName: "perpetuo-proxy-flush" });
    this.flusher = new LogFlush({
      spool: this.spool,
      proxyId: uuidv7(),
      flushBatch: (batch) => flushBatch(this.database, batch),
      isDataError,
      metrics: this.metrics,
      logger: this.logger,
    });
  }

  async start(): Promise<void> {
    await this.spool.prepare();
    await this.lock.acquire();
    await probePort(this.config.host, this.config.port);
    const adopted = await this.spool.adopt(() => true);
    if (adopted > 0) this.logger.info({ segments: adopted }, "Segments of an earlier run were adopted.");
    await this.startChild();
    this.flushing = this.flushUntilStopped();
    this.metricsTimer = setInterval(() => void this.publishMetrics(), metricsIntervalMs);
    this.logger.info({ host: this.config.host, port: this.config.port }, "The proxy listens.");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped = true;
    if (this.metricsTimer) clearInterval(this.metricsTimer);
    await this.drainChild();
    this.stopping.resolve();
    // A database that hangs is not waited for: what it has not taken is in the spool.
    await Promise.race([this.flushing, sleep(finalFlushMs)]);
    await this.spool.adopt(() => true);
    await Promise.race([this.flushOnce(), sleep(finalFlushMs)]);
    await this.database[Symbol.asyncDispose]();
    await this.lock.release();
  }

  /** Resolves when every thread listens; rejects when the first start fails. */
  private startChild(): Promise<void> {
    const generation = uuidv7();
    const process = fork(new URL("./child.ts", import.meta.url), { env: childEnvironment() });
    this.child = { process, generation, startedAt: performance.now() };
    this.replayed = false;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    process.on("message", (message: FromChild) => {
      if (message.kind === "listening") resolve();
      else if (message.kind === "failed") this.childFailed(process, message.message, reject);
      else if (message.kind === "thread-ended") void this.spool.adopt((owner) => owner === message.owner);
    });
    process.on("exit", (code, signal) => {
      reject(new Error(`The proxy's process ended before it listened (${signal ?? code}).`));
      void this.childEnded(generation, `${signal ?? code}`);
    });
    this.tell({ kind: "start", config: this.config, generation });
    if (this.schemaCurrent) this.tell({ kind: "schema-current" });
    this.tell({ kind: "spool-full", full: this.spoolFull });
    if (process.pid !== undefined) void this.lock.noteChild(process.pid);
    return promise;
  }

  private childFailed(process: ChildProcess, message: string, reject: (error: Error) => void): void {
    this.logger.error({ reason: message }, "The proxy could not start.");
    reject(new Error(message));
    process.kill("SIGKILL");
  }

  /** What the dead process had answered is in its segments; they are flushed like any other. */
  private async childEnded(generation: string, how: string): Promise<void> {
    const lived = performance.now() - (this.child?.startedAt ?? 0);
    await this.spool.adopt((owner) => owner.startsWith(`${generation}.`));
    if (this.stopped) return;
    this.restartDelay =
      lived > healthyLifeMs ? firstRestartMs : Math.min(this.restartDelay * 2, longestRestartMs);
    this.logger.error(
      { how, restart_in_ms: this.restartDelay },
      "The proxy's process died and is started again.",
    );
    this.metrics.restarts.inc();
    await sleep(this.restartDelay);
    if (!this.stopped) await this.startChild().catch(() => undefined);
  }

  private async drainChild(): Promise<void> {
    const child = this.child?.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const drained = new Promise<void>((resolve) => {
      child.on("message", (message: FromChild) => {
        if (message.kind === "drained") resolve();
      });
    });
    this.tell({ kind: "drain" });
    const limit = this.config.drainDelayMs + this.config.drainGraceMs + killGraceMs;
    await Promise.race([drained, exited, sleep(limit)]);
    child.kill("SIGKILL");
    await exited;
  }

  private async flushUntilStopped(): Promise<void> {
    let pause = flushIntervalMs;
    while (!this.stopped) {
      const outcome = await this.flushOnce();
      pause = outcome === "flushed" ? flushIntervalMs : Math.min(pause * 2, longestFlushPauseMs);
      await Promise.race([sleep(pause), this.stopping.promise]);
    }
  }

  private async flushOnce(): Promise<"flushed" | "failed"> {
    const generation = this.child?.generation;
    try {
      await this.checkSchema();
      await this.weighSpool();
      await this.flusher.run();
      this.confirmReplay(generation);
      this.emptiedAt = performance.now();
      return "flushed";
    } catch (error) {
      this.logger.warn({ error }, "The request log waits in the spool: the database does not take it now.");
      return "failed";
    } finally {
      await this.weighSpool();
    }
  }

  /** Everything that was sealed when the child started is in the database now. */
  private confirmReplay(generation: string | undefined): void {
    if (this.replayed || generation !== this.child?.generation) return;
    this.replayed = true;
    this.tell({ kind: "spool-replayed" });
  }

  private async checkSchema(): Promise<void> {
    if (this.schemaCurrent) return;
    if (!(await schemaIsCurrent(this.database)))
      throw new Error("the database is not migrated to this version yet");
    this.schemaCurrent = true;
    this.tell({ kind: "schema-current" });
  }

  /** Tells the threads to refuse requests while the spool is over its limit: an answer without a record is worse. */
  private async weighSpool(): Promise<void> {
    const segments = await this.spool.sealed();
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    this.metrics.spoolBytes.set(bytes);
    this.metrics.spoolSegments.set(segments.length);
    this.metrics.flushLagSeconds.set((performance.now() - this.emptiedAt) / 1_000);
    const full = bytes > this.config.maxSpoolBytes;
    if (full === this.spoolFull) return;
    this.spoolFull = full;
    this.logger.error(
      { bytes, full },
      full ? "The spool is full; requests are refused." : "The spool has room again.",
    );
    this.tell({ kind: "spool-full", full });
  }

  private async publishMetrics(): Promise<void> {
    this.tell({ kind: "supervisor-metrics", metrics: await this.metrics.registry.getMetricsAsJSON() });
  }

  private tell(message: ToChild): void {
    if (this.child?.process.connected) this.child.process.send(message);
  }
}

function sleep(milliseconds: number): Promise<void> {
  // A wait that lost its race must not hold the process.
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
