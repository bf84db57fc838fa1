import { isDataError } from "@perpetuo/database/data-error";
import { openPool, type Pool } from "@perpetuo/database/pool";
import { flushBatch } from "@perpetuo/database/queries/proxy/flush-batch";
import { schemaIsCurrent } from "@perpetuo/database/schema-version";
import type { Logger } from "@perpetuo/runtime/logger";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import type { ProxyConfig } from "./config.ts";
import { LogFlush } from "./log-flush.ts";
import type { SpoolDirectory } from "./spool-directory.ts";
import type { FlushMetrics } from "./supervisor-metrics.ts";

const flushIntervalMs = 100;
const longestFlushPauseMs = 2_000;
/** How long open queries are waited for at the end. */
const closeMs = 500;

export type FlushLoopOptions = {
  config: Pick<ProxyConfig, "databaseUrl" | "maxSpoolBytes">;
  spool: SpoolDirectory;
  metrics: FlushMetrics;
  logger: Logger;
  /** Begins a flush; the result is called when everything that was sealed at the beginning is in the database. */
  onFlush: () => () => void;
  onSchemaCurrent: () => void;
  /** Over its limit or no longer: an answer without a record is worse than a refusal. */
  onSpoolFull: (full: boolean) => void;
};

/** Moves sealed segments into the database, again and again, through outages. */
export class FlushLoop {
  isSchemaCurrent = false;
  isSpoolFull = false;
  private readonly options: FlushLoopOptions;
  private readonly database: Pool;
  private readonly flusher: LogFlush;
  private readonly stopping = Promise.withResolvers<void>();
  private stopped = false;
  private emptiedAt = performance.now();
  private running: Promise<void> = Promise.resolve();

  constructor(options: FlushLoopOptions) {
    const { config, spool, metrics, logger } = options;
    this.options = options;
    this.database = openPool(config.databaseUrl, { max: 2, applicationName: "perpetuo-proxy-flush" });
    this.flusher = new LogFlush({
      spool,
      proxyId: uuidv7(),
      flushBatch: (batch) => flushBatch(this.database, batch),
      isDataError,
      metrics,
      logger,
    });
  }

  start(): void {
    this.running = this.run();
  }

  /**
   * Flushes what is left, for so long at most, and closes. A database that hangs is not waited for: what it has not
   * taken is written through to the disk, where the next start finds it.
   */
  async finish(limit: Promise<void>): Promise<void> {
    this.stopped = true;
    this.stopping.resolve();
    const last = this.running.then(() => this.flush());
    await Promise.race([last, limit]);
    await this.options.spool.sync();
    await Promise.race([this.database[Symbol.asyncDispose](), sleep(closeMs)]);
  }

  private async run(): Promise<void> {
    let pause = flushIntervalMs;
    while (!this.stopped) {
      const outcome = await this.flush().catch((error: unknown) => {
        this.options.logger.error({ error }, "The spool cannot be read.");
        return "failed" as const;
      });
      pause = outcome === "flushed" ? flushIntervalMs : Math.min(pause * 2, longestFlushPauseMs);
      await Promise.race([sleep(pause), this.stopping.promise]);
    }
  }

  private async flush(): Promise<"flushed" | "failed"> {
    const confirm = this.options.onFlush();
    try {
      await this.checkSchema();
      await this.weighSpool();
      await this.flusher.run();
      confirm();
      this.emptiedAt = performance.now();
      return "flushed";
    } catch (error) {
      this.options.logger.warn(
        { error },
        "The request log waits in the spool: the database does not take it now.",
      );
      await this.options.spool.sync();
      return "failed";
    } finally {
      await this.weighSpool();
    }
  }

  private async checkSchema(): Promise<void> {
    if (this.isSchemaCurrent) return;
    if (!(await schemaIsCurrent(this.database)))
      throw new Error("the database is not migrated to this version yet");
    this.isSchemaCurrent = true;
    this.options.onSchemaCurrent();
  }

  private async weighSpool(): Promise<void> {
    const { spool, metrics, logger, config } = this.options;
    const segments = await spool.sealed();
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    metrics.spoolBytes.set(bytes);
    metrics.spoolSegments.set(segments.length);
    metrics.flushLagSeconds.set((performance.now() - this.emptiedAt) / 1_000);
    const full = bytes > config.maxSpoolBytes;
    if (full === this.isSpoolFull) return;
    this.isSpoolFull = full;
    logger.error(
      { bytes, full },
      full ? "The spool is full; requests are refused." : "The spool has room again.",
    );
    this.options.onSpoolFull(full);
  }
}

function sleep(milliseconds: number): Promise<void> {
  // A wait that lost its race must not hold the process.
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
