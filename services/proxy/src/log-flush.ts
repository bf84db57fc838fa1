import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import type { Logger } from "@perpetuo/runtime/logger";
import type { SealedSegment, SpoolDirectory } from "./spool-directory.ts";
import { decodeSegment } from "./spool-line.ts";
import type { FlushMetrics } from "./supervisor-metrics.ts";

export type Batch = { batch_id: string; proxy_id: string; records: RequestLogRecord[] };

export type LogFlushOptions = {
  spool: SpoolDirectory;
  proxyId: string;
  /** Writes one batch in one transaction that its id makes idempotent. */
  flushBatch: (batch: Batch) => Promise<unknown>;
  /** Whether the database refused the batch for what is in it, so that a smaller one may pass. */
  isDataError: (error: unknown) => boolean;
  metrics: FlushMetrics;
  logger: Logger;
};

/**
 * Moves sealed segments into the database, oldest first, and removes each only after its commit. A batch that the
 * database refuses is halved until the rows at fault stand alone; those go to the quarantine file.
 */
export class LogFlush {
  private readonly options: LogFlushOptions;

  constructor(options: LogFlushOptions) {
    this.options = options;
  }

  /** Flushes what is sealed now. Throws when the database is unreachable; what is left waits for the next call. */
  async run(): Promise<void> {
    for (const segment of await this.options.spool.sealed()) await this.flush(segment);
  }

  private async flush(segment: SealedSegment): Promise<void> {
    const { spool, metrics, logger } = this.options;
    const { records, damaged } = decodeSegment(await spool.read(segment));
    if (records.length > 0) await this.insert(segment.batchId, records);
    // After the insert: while the database is away, a segment is read again and again, and quarantined once.
    if (damaged.length > 0) {
      metrics.damagedLines.inc(damaged.length);
      logger.warn(
        { batch_id: segment.batchId, lines: damaged.length },
        "A spool segment has lines that are not whole.",
      );
      await spool.quarantine(damaged);
    }
    await spool.remove(segment);
    metrics.flushedRows.inc(records.length);
  }

  private async insert(batchId: string, records: RequestLogRecord[]): Promise<void> {
    const { flushBatch, isDataError, proxyId } = this.options;
    try {
      await flushBatch({ batch_id: batchId, proxy_id: proxyId, records });
    } catch (error) {
      if (!isDataError(error)) throw error;
      await this.bisect(batchId, records, error);
    }
  }

  private async bisect(batchId: string, records: RequestLogRecord[], error: unknown): Promise<void> {
    const { spool, metrics, logger } = this.options;
    const [first] = records;
    if (records.length === 1 && first !== undefined) {
      metrics.quarantinedRows.inc();
      logger.error(
        { request_id: first.request_id, log_id: first.id, error },
        "A log row was refused; it is quarantined.",
      );
      await spool.quarantine([JSON.stringify(first)]);
      return;
    }
    // The same parts get the same ids each time, so that a flush that dies between two halves repeats neither.
    const middle = Math.ceil(records.length / 2);
    await this.insert(`${batchId}.0`, records.slice(0, middle));
    await this.insert(`${batchId}.1`, records.slice(middle));
  }
}
