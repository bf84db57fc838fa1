import type { Logger } from "@perpetuo/runtime/logger";
import type { ProxyConfig } from "./config.ts";
import { Generation } from "./generation.ts";
import { isLimitsFromChild } from "./handover/limit-messages.ts";
import { LimitRelay } from "./handover/limit-relay.ts";
import type { FromChild, ListenMode, ToChild } from "./messages.ts";
import { bringUp } from "./rolling-restart.ts";
import type { SupervisorMetrics } from "./supervisor-metrics.ts";
import { ensureTcpMigration } from "./tcp-migration.ts";

const firstRestartMs = 50;
const longestRestartMs = 5_000;
/** A child that lived this long is not part of a crash loop. */
const healthyLifeMs = 10_000;
/** What the other threads of a process have left when one of them is blocked for good. */
const stuckGraceMs = 30_000;

export type GenerationsOptions = {
  config: ProxyConfig;
  logger: Logger;
  metrics: SupervisorMetrics;
  /** One more process is alive, and has to be told what everybody knows. */
  onLaunched: (generation: Generation) => void;
  /** Segments whose owner is gone, because a thread has ended or its process. */
  adopt: (isOrphan: (owner: string) => boolean) => Promise<unknown>;
  onEnded: () => void;
};

/** The child processes: one serves, a new one may be on its way, and replaced ones finish their requests. */
export class Generations {
  private readonly options: GenerationsOptions;
  private readonly alive = new Set<Generation>();
  private readonly limits = new LimitRelay(this.alive);
  /** The one that listens; null between a crash and the next start. */
  private serving: Generation | null = null;
  private restart: "idle" | "running" | "wanted-again" = "idle";
  private restartDelay = firstRestartMs;
  private stopped = false;

  constructor(options: GenerationsOptions) {
    this.options = options;
  }

  get size(): number {
    return this.alive.size;
  }

  get pids(): number[] {
    return [...this.alive].flatMap(({ pid }) => pid ?? []);
  }

  /** Resolves when the first one listens. */
  async start(): Promise<void> {
    this.serving = this.launch("at-once");
    try {
      await this.serving.listening;
    } catch (error) {
      this.stopped = true;
      throw error;
    }
  }

  /** Begins a rolling restart. One that is under way is followed by another: what changed since its start is not in it. */
  replace(): void {
    // Without a serving one, a new one is about to start.
    if (this.stopped || this.serving === null) return;
    if (this.restart === "idle") void this.replaceUntilCurrent();
    else this.restart = "wanted-again";
  }

  /** Ends all of them in good order. */
  async stop(): Promise<void> {
    this.stopped = true;
    const { drainDelayMs, drainGraceMs } = this.options.config;
    const graceMs = drainDelayMs + drainGraceMs;
    await Promise.all([...this.alive].map((generation) => generation.drain("stopping", graceMs)));
  }

  tellAll(message: ToChild): void {
    for (const generation of this.alive) generation.tell(message);
  }

  /** Whoever lives at the beginning of a flush has what came before it in the database at its end. */
  expectReplay(): () => void {
    const waiting = [...this.alive].filter((generation) => !generation.isReplayed);
    return () => {
      for (const generation of waiting) {
        generation.isReplayed = true;
        generation.tell({ kind: "spool-replayed" });
      }
    };
  }

  private launch(listen: ListenMode): Generation {
    const generation = new Generation(listen, {
      onMessage: (from, message) => this.hear(from, message),
      onEnded: (ended) => void this.ended(ended),
    });
    this.alive.add(generation);
    if (listen === "at-once") this.limits.begin(generation);
    this.options.onLaunched(generation);
    return generation;
  }

  private hear(generation: Generation, message: FromChild): void {
    const { logger, adopt } = this.options;
    if (message.kind === "failed") {
      logger.error({ generation: generation.id, reason: message.message }, "The proxy could not start.");
      generation.kill();
    } else if (message.kind === "thread-ended") {
      void adopt((owner) => owner === message.owner);
    } else if (message.kind === "thread-stuck") {
      generation.isStuck = true;
      if (generation === this.serving) this.replace();
    } else if (isLimitsFromChild(message)) {
      this.limits.hear(generation, message);
    }
  }

  /** What a dead process had answered is in its segments; they are flushed like any other. */
  private async ended(generation: Generation): Promise<void> {
    this.alive.delete(generation);
    this.limits.ended(generation);
    this.options.onEnded();
    await this.options.adopt((owner) => generation.owns(owner));
    if (this.stopped) return;
    if (generation !== this.serving) {
      const ended = { generation: generation.id, after_ms: Math.round(generation.lifeMs) };
      this.options.logger.info(ended, "A generation that served no more has ended.");
      return;
    }
    this.serving = null;
    this.restartDelay =
      generation.lifeMs > healthyLifeMs ? firstRestartMs : Math.min(this.restartDelay * 2, longestRestartMs);
    this.options.logger.error({ how: generation.how }, "The proxy's process died.");
    if (this.restart === "idle") await this.recover();
  }

  /**
   * The newest generation that still finishes its requests takes the port again until another new one is up; where
   * there is none, the port is closed for as long as a start takes.
   */
  private async recover(): Promise<void> {
    const { logger, metrics } = this.options;
    metrics.restarts.inc();
    const resumed = await this.resumeNewest();
    if (resumed === null) logger.info({ restart_in_ms: this.restartDelay }, "The process is started again.");
    else logger.warn({ generation: resumed.id }, "The generation before serves on until a new one is up.");
    await sleep(this.restartDelay);
    if (this.stopped) return;
    if (resumed === null) this.serving = this.launch("at-once");
    else if (this.serving === resumed) this.replace();
  }

  private async resumeNewest(): Promise<Generation | null> {
    for (const generation of [...this.alive].reverse()) {
      if (generation.isStuck || (await generation.resume()) === "gone") continue;
      this.serving = generation;
      this.limits.begin(generation);
      return generation;
    }
    return null;
  }

  private async replaceUntilCurrent(): Promise<void> {
    do {
      this.restart = "running";
      await this.replaceServing();
    } while (this.hasToReplaceAgain());
    this.restart = "idle";
    if (this.serving === null && !this.stopped) await this.recover();
  }

  private hasToReplaceAgain(): boolean {
    return this.restart === "wanted-again" && !this.stopped;
  }

  private async replaceServing(): Promise<void> {
    const { logger, metrics, config } = this.options;
    const old = this.serving;
    // After a crash the next start is a new generation anyway.
    if (old === null) return;
    const next = this.launch("when-told");
    logger.info({ generation: next.id, replaces: old.id }, "A rolling restart begins.");
    const outcome = await bringUp(next, old, {
      logger,
      // In Redis, limits are where every generation finds them.
      handOver: (from, to) => (config.redisUrl === null ? this.limits.move(from, to) : Promise.resolve()),
      readyTimeoutMs: config.readyTimeoutMs,
    });
    metrics.rollingRestarts.inc({ outcome: outcome.kind });
    if (outcome.kind === "kept") {
      const { reason } = outcome;
      logger.error({ reason }, "The new generation did not come up; the old one serves on.");
      next.kill();
      return;
    }
    this.serving = next;
    this.limits.begin(next);
    await this.reportMigration();
    logger.info({ generation: next.id }, "The new generation serves; the old one finishes its requests.");
    void this.retire(old);
  }

  private retire(generation: Generation): Promise<void> {
    const { drainGraceMs } = this.options.config;
    // The longer it lives, the more connections come to the thread that does not answer.
    const graceMs = generation.isStuck ? Math.min(drainGraceMs, stuckGraceMs) : drainGraceMs;
    return generation.drain("replaced", graceMs);
  }

  private async reportMigration(): Promise<void> {
    const { config, logger } = this.options;
    const migration = await ensureTcpMigration(config.setTcpMigration);
    if (migration.kind === "switched-on") {
      logger.info("net.ipv4.tcp_migrate_req is 1 now: no connection is reset while a listener closes.");
    } else if (migration.kind === "off") {
      const { reason } = migration;
      logger.warn({ reason }, "net.ipv4.tcp_migrate_req is not 1: connections of this moment may be reset.");
    }
  }
}

function sleep(milliseconds: number): Promise<void> {
  // A wait that lost its race must not hold the process.
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
