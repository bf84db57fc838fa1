import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import type postgres from "postgres";
import type { Pool } from "../../pool.ts";
import { countBatch } from "./count-batch.ts";
import { formatLogLines, logColumns } from "./log-line.ts";

/** What a proxy hands over at once: the records of one sealed segment. */
export type LogBatch = {
  /** The segment's name; the same records always come under the same id. */
  batch_id: string;
  proxy_id: string;
  records: RequestLogRecord[];
};

/** `rows`: how many of the records were new; a record that another batch has brought already is not counted again. */
export type FlushOutcome = { kind: "committed"; rows: number } | { kind: "already-committed" };

const quoted = Object.keys(logColumns).map((name) => `"${name}"`);
const columnList = quoted.join(", ");

/**
 * All columns are text, so that COPY cannot fail for the data: the casts of the next statement do, and report it.
 * The table lives as long as its connection, because making one per flush would bloat the catalogue.
 */
const createFlushTable = `create temporary table if not exists flush_rows
  (${quoted.map((column) => `${column} text`).join(", ")}) on commit delete rows`;

const copyIntoFlushTable = `copy flush_rows (${columnList}) from stdin`;

/** Moves the rows into `request_logs` and drops those that were there already, so that they are not counted twice. */
const insertRows = `
  with inserted as (
    insert into request_logs (${columnList})
    select ${Object.entries(logColumns)
      .map(([name, type]) => `"${name}"::${type}`)
      .join(", ")} from flush_rows
    on conflict (id, created_at) do nothing
    returning id)
  delete from flush_rows where id::uuid not in (select id from inserted)`;

/** How long the server may take over one COPY before the flush fails; the driver does not report every error of one. */
const copyTimeoutMs = 30_000;

/**
 * Writes a batch of request logs and everything that is counted from them, in one transaction: the batch's own row,
 * the logs and their metadata, usage counters, hourly usage, last use of API keys, health of provider keys.
 * Repeating it with the same batch, or with records that another batch has brought, changes nothing.
 *
 * @throws InvalidRecordError, or PostgreSQL's error; `isDataError` tells whether the records are at fault.
 */
export async function flushBatch(pool: Pool, batch: LogBatch): Promise<FlushOutcome> {
  // PostgreSQL's ON CONFLICT sees rows of the same statement; the count below needs one row per id all the same.
  const unique = new Map(batch.records.map((record) => [record?.id, record]));
  const lines = formatLogLines(unique.values());
  return (await pool.sql.begin(async (transaction): Promise<FlushOutcome> => {
    const claimed = await transaction`
      insert into log_batches (batch_id, proxy_id, rows)
      values (${batch.batch_id}, ${batch.proxy_id}, ${batch.records.length})
      on conflict (batch_id) do nothing
      returning batch_id`;
    if (claimed.length === 0) return { kind: "already-committed" };
    await transaction.unsafe(createFlushTable);
    await copyLines(transaction, lines);
    const { count: repeated } = await transaction.unsafe(insertRows);
    const rows = unique.size - repeated;
    if (rows > 0) await countBatch(transaction);
    return { kind: "committed", rows };
  })) as FlushOutcome;
}

async function copyLines(transaction: postgres.TransactionSql, lines: Buffer): Promise<void> {
  const stream = await transaction.unsafe(copyIntoFlushTable).writable();
  await new Promise<void>((resolve, reject) => {
    // When the server refuses COPY's end, the driver calls nobody back; without a timer the flush would wait for ever.
    const timer = setTimeout(
      () => reject(new Error("The database did not confirm a COPY in time.")),
      copyTimeoutMs,
    );
    const settle = (outcome: () => void) => {
      clearTimeout(timer);
      outcome();
    };
    stream.on("error", (error) => settle(() => reject(error)));
    stream.on("close", () => settle(() => reject(new Error("The connection closed during a COPY."))));
    stream.on("finish", () => settle(resolve));
    stream.end(lines);
  });
}
