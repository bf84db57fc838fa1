import { createLogger, type Logger } from "@perpetuo/runtime/logger";
import type { ProxyConfig } from "./config.ts";
import { FlushLoop } from "./flush-loop.ts";
import { Generation } from "./generation.ts";
import { isLimitsFromChild } from "./handover/limit-messages.ts";
import { LimitRelay } from "./handover/limit-relay.ts";
import type { FromChild, ListenMode, ToChild } from "./messages.ts";
import { probePort } from "./port-probe.ts";
import { bringUp } from "./rolling-restart.ts";
import { SpoolDirectory } from "./spool-directory.ts";
import { SpoolLock } from "./spool-lock.ts";
import { createSupervisorMetrics, type SupervisorMetrics } from "./supervisor-metrics.ts";
import { ensureTcpMigration } from "./tcp-migration.ts";

const finalFlushMs = 4_000;
/** The same once somebody is in a hurry: an impatient stop takes two seconds at most. */
const hurriedFlushMs = 700;
const metricsIntervalMs = 1_000;
const firstRestartMs = 50;
const longestRestartMs = 5_000;
/** A child that lived this long is not part of a crash loop. */
const healthyLifeMs = 10_000;
/** Beyond the drain's own grace, before a child is ended by force. */
const killGraceMs = 4_000;
const readyTimeoutMs = 30_000;
/** What the other threads of a process have left when one of them is blocked for good. */
const stuckGraceMs = 30_000;

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
  private readonly generations = new Set<Generation>();
  private readonly limits = new LimitRelay(this.generations);
  private readonly hurried = Promise.withResolvers<void>();
  /** The one that listens; null between a crash and the next start. */
  private serving: Generation | null = null;
  private restart: "idle" | "running" | "wanted-again" = "idle";
  private restartDelay = firstRestartMs;
  private stopped = false;
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
      onFlush: () => this.expectReplay(),
      onSchemaCurrent: () => this.tellAll({ kind: "schema-current" }),
      onSpoolFull: (full) => this.tellAll({ kind: "spool-full", full }),
    });
  }

  async start(): Promise<void> {
    await this.spool.prepare();
    await this.lock.acquire();
    await this.probePorts();
    const adopted = await this.spool.adopt(() => true);
    if (adopted > 0) this.logger.info({ segments: adopted }, "Segments of an earlier run were adopted.");
    await this.startFirst();
    this.flushLoop.start();
    this.metricsTimer = setInterval(() => void this.publishMetrics(), metricsIntervalMs);
    process.on("SIGHUP", this.onHangUp);
    this.logger.info({ host: this.config.host, port: this.config.port }, "The proxy listens.");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped = true;
    if (this.metricsTimer) clearInterval(this.metricsTimer);
    const limit = this.config.drainDelayMs + this.config.drainGraceMs + killGraceMs;
    await Promise.all([...this.generations].map((generation) => generation.drain("stopping", limit)));
    await this.spool.adopt(() => true);
    await this.flushLoop.finish(
      Promise.race([sleep(finalFlushMs), this.hurried.promise.then(() => sleep(hurriedFlushMs))]),
    );
    process.off("SIGHUP", this.onHangUp);
    await this.lock.release();
  }

  hurry(): void {
    this.logger.info("What is under way is ended now.");
    this.hurried.resolve();
    this.tellAll({ kind: "hurry" });
  }

  private async probePorts(): Promise<void> {
    const { host, port, metricsPort } = this.config;
    await probePort(host, port);
    if (metricsPort !== null) await probePort(host, metricsPort, "METRICS_PORT");
  }

  private async startFirst(): Promise<void> {
    this.serving = this.launch("at-once");
    try {
      await this.serving.listening;
    } catch (error) {
      this.stopped = true;
      throw error;
    }
  }

  private launch(listen: ListenMode): Generation {
    const generation = new Generation(listen, {
      onMessage: (from, message) => this.hear(from, message),
      onEnded: (ended) => void this.ended(ended),
    });
    this.generations.add(generation);
    if (listen === "at-once") this.limits.begin(generation);
    if (this.flushLoop.isSchemaCurrent) generation.tell({ kind: "schema-current" });
    generation.tell({ kind: "spool-full", full: this.flushLoop.isSpoolFull });
    this.noteChildren();
    return generation;
  }

  private hear(generation: Generation, message: FromChild): void {
    if (message.kind === "failed") {
      this.logger.error({ generation: generation.id, reason: message.message }, "The proxy could not start.");
      generation.kill();
    } else if (message.kind === "thread-ended") {
      void this.spool.adopt((owner) => owner === message.owner);
    } else if (message.kind === "thread-stuck") {
      generation.isStuck = true;
      if (generation === this.serving) this.onHangUp();
    } else if (isLimitsFromChild(message)) {
      this.limits.hear(generation, message);
    }
  }

  /** What a dead process had answered is in its segments; they are flushed like any other. */
  private async ended(generation: Generation): Promise<void> {
    this.generations.delete(generation);
    this.limits.ended(generation);
    this.noteChildren();
    await this.spool.adopt((owner) => generation.owns(owner));
    if (this.stopped || generation !== this.serving) return;
    this.serving = null;
    this.restartDelay =
      generation.lifeMs > healthyLifeMs ? firstRestartMs : Math.min(this.restartDelay * 2, longestRestartMs);
    this.logger.error({ how: generation.how }, "The proxy's process died.");
    if (this.restart === "idle") await this.recover();
  }

  /**
   * The newest generation that still finishes its requests takes the port again until another new one is up; where
   * there is none, the port is closed for as long as a start takes.
   */
  private async recover(): Promise<void> {
    this.metrics.restarts.inc();
    for (const generation of [...this.generations].reverse()) {
      if ((await generation.resume()) === "gone") continue;
      this.serving = generation;
      this.logger.warn(
        { generation: generation.id },
        "The generation before serves on until a new one is up.",
      );
      await sleep(this.restartDelay);
      if (!this.stopped && this.restart === "idle") void this.restartUntilCurrent();
      return;
    }
    this.logger.info({ restart_in_ms: this.restartDelay }, "The proxy's process is started again.");
    await sleep(this.restartDelay);
    if (!this.stopped) this.serving = this.launch("at-once");
  }

  private readonly onHangUp = (): void => {
    // Without a serving one, a new one is about to start.
    if (this.stopped || this.serving === null) return;
    if (this.restart === "idle") void this.restartUntilCurrent();
    // What was changed since the start of the restart that is under way is not in it.
    else this.restart = "wanted-again";
  };

  private async restartUntilCurrent(): Promise<void> {
    do {
      this.restart = "running";
      await this.replaceServing();
    } while (this.hasToRestart());
    this.restart = "idle";
    if (this.serving === null && !this.stopped) await this.recover();
  }

  private hasToRestart(): boolean {
    return this.restart === "wanted-again" && !this.stopped;
  }

  private async replaceServing(): Promise<void> {
    const old = this.serving;
    // After a crash the next start is a new generation anyway.
    if (old === null) return;
    const next = this.launch("when-told");
    this.logger.info({ generation: next.id, replaces: old.id }, "A rolling restart begins.");
    const outcome = await bringUp(next, old, {
      logger: this.logger,
      // In Redis, limits are where every generation finds them.
      handOver: (from, to) =>
        this.config.redisUrl === null ? this.limits.move(from, to) : Promise.resolve(),
      readyTimeoutMs,
    });
    this.metrics.rollingRestarts.inc({ outcome: outcome.kind });
    if (outcome.kind === "kept") {
      this.logger.error(
        { reason: outcome.reason },
        "The new generation did not come up; the old one serves on.",
      );
      next.kill();
      return;
    }
    this.serving = next;
    this.limits.begin(next);
    await this.reportMigration();
    this.logger.info(
      { generation: next.id },
      "The new generation serves; the old one finishes its requests.",
    );
    void this.retire(old);
  }

  private async retire(generation: Generation): Promise<void> {
    const { drainGraceMs } = this.config;
    // The longer it lives, the more connections come to the thread that does not answer.
    const graceMs = generation.isStuck ? Math.min(drainGraceMs, stuckGraceMs) : drainGraceMs;
    const patience = setTimeout(() => generation.tell({ kind: "hurry" }), graceMs);
    await generation.drain("replaced", graceMs + killGraceMs);
    clearTimeout(patience);
    this.logger.info(
      { generation: generation.id, after_ms: generation.lifeMs },
      "A replaced generation has ended.",
    );
  }

  private async reportMigration(): Promise<void> {
    const migration = await ensureTcpMigration(this.config.setTcpMigration);
    if (migration.kind === "switched-on") {
      this.logger.info(
        "net.ipv4.tcp_migrate_req is 1 now, so that no connection is reset while a listener closes.",
      );
    } else if (migration.kind === "off") {
      this.logger.warn(
        { reason: migration.reason },
        "net.ipv4.tcp_migrate_req is not 1: connections that arrive at this moment may be reset.",
      );
    }
  }

  /** Whoever lives at the beginning of a flush has what came before it in the database at its end. */
  private expectReplay(): () => void {
    const alive = [...this.generations].filter((generation) => !generation.isReplayed);
    return () => {
      for (const generation of alive) {
        generation.isReplayed = true;
        generation.tell({ kind: "spool-replayed" });
      }
    };
  }

  private async publishMetrics(): Promise<void> {
    this.metrics.generations.set(this.generations.size);
    this.tellAll({ kind: "supervisor-metrics", metrics: await this.metrics.registry.getMetricsAsJSON() });
  }

  /** So that a next supervisor waits for their end as well. */
  private noteChildren(): void {
    void this.lock.noteChildren([...this.generations].flatMap(({ pid }) => pid ?? []));
  }

  private tellAll(message: ToChild): void {
    for (const generation of this.generations) generation.tell(message);
  }
}

function sleep(milliseconds: number): Promise<void> {
  // A wait that lost its race must not hold the process.
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
