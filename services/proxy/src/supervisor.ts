import { createLogger, type Logger } from "@perpetuo/runtime/logger";
import type { ProxyConfig } from "./config.ts";
import { FlushLoop } from "./flush-loop.ts";
import type { Generation } from "./generation.ts";
import { Generations } from "./generations.ts";
import { probePort } from "./port-probe.ts";
import { SpoolDirectory } from "./spool-directory.ts";
import { SpoolLock } from "./spool-lock.ts";
import { createSupervisorMetrics, type SupervisorMetrics } from "./supervisor-metrics.ts";

const finalFlushMs = 4_000;
/** The same once somebody is in a hurry: an impatient stop takes two seconds at most. */
const hurriedFlushMs = 700;
const metricsIntervalMs = 1_000;

export type Supervised = AsyncDisposable & {
  /** Ends what is under way at once, in words; for a second request to stop. */
  hurry(): void;
};

/**
 * Starts the data plane: a supervisor that flushes, and a child process that serves. SIGHUP replaces the child by a new
 * one without a refused connection or a cut stream.
 */
export async function start(config: ProxyConfig): Promise<Supervised> {
  const supervisor = new Supervisor(config);
  await supervisor.start();
  return supervisor;
}

/** The parent process: it serves nothing itself, so that nothing that a request does can stop the flush. */
class Supervisor implements Supervised {
  private readonly config: ProxyConfig;
  private readonly logger: Logger;
  private readonly spool: SpoolDirectory;
  private readonly lock: SpoolLock;
  private readonly metrics: SupervisorMetrics = createSupervisorMetrics();
  private readonly flushLoop: FlushLoop;
  private readonly generations: Generations;
  private readonly hurried = Promise.withResolvers<void>();
  private metricsTimer: NodeJS.Timeout | null = null;

  constructor(config: ProxyConfig) {
    this.config = config;
    this.logger = createLogger({ service: "proxy-supervisor", level: config.logLevel });
    this.spool = new SpoolDirectory(config.spoolDir);
    this.lock = new SpoolLock(config.spoolDir);
    this.flushLoop = new FlushLoop({
      config,
      spool: this.spool,
      metrics: this.metrics,
      logger: this.logger,
      onFlush: () => this.generations.expectReplay(),
      onSchemaCurrent: () => this.generations.tellAll({ kind: "schema-current" }),
      onSpoolFull: (full) => this.generations.tellAll({ kind: "spool-full", full }),
    });
    this.generations = new Generations({
      config,
      logger: this.logger,
      metrics: this.metrics,
      onLaunched: (generation) => this.introduce(generation),
      adopt: (isOrphan) => this.spool.adopt(isOrphan),
      onEnded: () => this.noteChildren(),
    });
  }

  async start(): Promise<void> {
    // For as long as the process lives: without a listener, the signal would end it.
    process.on("SIGHUP", () => this.generations.replace());
    await this.spool.prepare();
    await this.lock.acquire();
    await this.probePorts();
    const adopted = await this.spool.adopt(() => true);
    if (adopted > 0) this.logger.info({ segments: adopted }, "Segments of an earlier run were adopted.");
    await this.generations.start();
    this.flushLoop.start();
    this.metricsTimer = setInterval(() => void this.publishMetrics(), metricsIntervalMs);
    this.logger.info({ host: this.config.host, port: this.config.port }, "The proxy listens.");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.metricsTimer) clearInterval(this.metricsTimer);
    await this.generations.stop();
    await this.spool.adopt(() => true);
    await this.flushLoop.finish(
      Promise.race([sleep(finalFlushMs), this.hurried.promise.then(() => sleep(hurriedFlushMs))]),
    );
    await this.lock.release();
  }

  hurry(): void {
    this.logger.info("What is under way is ended now.");
    this.hurried.resolve();
    this.generations.tellAll({ kind: "hurry" });
  }

  private async probePorts(): Promise<void> {
    const { host, port, metricsPort } = this.config;
    await probePort(host, port);
    if (metricsPort !== null) await probePort(host, metricsPort, "METRICS_PORT");
  }

  private introduce(generation: Generation): void {
    if (this.flushLoop.isSchemaCurrent) generation.tell({ kind: "schema-current" });
    generation.tell({ kind: "spool-full", full: this.flushLoop.isSpoolFull });
    this.noteChildren();
  }

  private async publishMetrics(): Promise<void> {
    this.metrics.generations.set(this.generations.size);
    this.generations.tellAll({
      kind: "supervisor-metrics",
      metrics: await this.metrics.registry.getMetricsAsJSON(),
    });
  }

  /** So that a next supervisor waits for their end as well. */
  private noteChildren(): void {
    void this.lock.noteChildren(this.generations.pids);
  }
}

function sleep(milliseconds: number): Promise<void> {
  // A wait that lost its race must not hold the process.
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
