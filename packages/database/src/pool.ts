import { connect, type Socket } from "node:net";
import postgres from "postgres";
import { guardTransactions } from "./guarded-transactions.ts";

/** A pool of connections for plain SQL. Disposal waits up to 5 s for running queries. */
export type Pool = AsyncDisposable & { sql: postgres.Sql };

export type PoolOptions = {
  /** Size of the pool. */
  max: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** The server ends a statement that runs longer. Absent: no limit. */
  statementTimeoutMs?: number;
  /** A query fails when no connection could be made within this time. Default 5 s. */
  connectTimeoutMs?: number;
};

/** Object identifiers in pg_type. */
const bigintType = 20;
const jsonType = 114;
const jsonbType = 3802;
const timestampWithTimeZoneType = 1184;
/** Timestamps with their zone and without, dates, times, and arrays of timestamps, dates and numerics. */
const textTypes = [timestampWithTimeZoneType, 1114, 1082, 1083, 1185, 1115, 1182, 1231];

/**
 * Opens a pool; connections are made when a query needs one.
 *
 * A `bigint` is read as a number, and a value that a number cannot hold makes the query fail. Timestamps and arrays
 * come as text and JSON is passed as text, because Drizzle wants them so where it shares a pool.
 */
export function openPool(url: string, options: PoolOptions): Pool {
  // The driver's types leave out `socket`, hence a variable and no literal.
  const driverOptions = {
    max: options.max,
    connect_timeout: (options.connectTimeoutMs ?? 5000) / 1000,
    // The library waits up to 20 s between attempts; a database that returns should be used at once.
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    socket: openSocket,
    // The library asks for the array types behind everyone's back, and when that fails ends the process by an unhandled
    // rejection. Drizzle reads and writes arrays as text by itself.
    fetch_types: false,
    // Notices tell of nothing that a caller can act on, such as a temporary table that exists already.
    onnotice: () => undefined,
    types: {
      bigint: { to: bigintType, from: [bigintType], serialize: String, parse: parseBigint },
      date: { to: timestampWithTimeZoneType, from: textTypes, serialize: asIs, parse: asIs },
      json: { to: jsonType, from: [jsonType, jsonbType], serialize: asIs, parse: JSON.parse },
    },
    connection: {
      application_name: options.applicationName,
      ...(options.statementTimeoutMs === undefined ? {} : { statement_timeout: options.statementTimeoutMs }),
    },
  };
  const sql = postgres(url, driverOptions) as unknown as postgres.Sql;
  guardTransactions(sql);
  return { sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }) };
}

/** Opens a pool for the time of `work` and closes it afterwards, whatever the outcome. */
export async function withPool<T>(
  url: string,
  options: PoolOptions,
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  const pool = openPool(url, options);
  try {
    return await work(pool);
  } finally {
    await pool[Symbol.asyncDispose]();
  }
}

/**
 * A socket without Nagle's algorithm, which the library leaves on: COPY sends several small packets in a row, and each
 * would wait some 40 ms for the other side's delayed acknowledgement. What is written before the connection stands
 * waits in the socket.
 */
function openSocket({ host, port, path }: { host: string[]; port: number[]; path?: string | false }): Socket {
  if (path) return closeQuietly(connect({ path }));
  const target = { host: host[0] ?? "localhost", port: port[0] ?? 5432 };
  // The library takes the name to expect in the server's certificate from the socket.
  return Object.assign(closeQuietly(connect({ ...target, noDelay: true })), target);
}

/**
 * Reports the failure of an established connection as its end. On `error` the library fails the running queries, but
 * goes on to send others until `close`, and these it never answers; on `close` alone it fails all of them.
 */
function closeQuietly(socket: Socket): Socket {
  const emit = socket.emit.bind(socket);
  let established = false;
  socket.once("connect", () => {
    established = true;
  });
  socket.emit = (event: string | symbol, ...values: unknown[]) => {
    if (established && event === "error") return true;
    return established && event === "close" ? emit("close", false) : emit(event, ...values);
  };
  return socket;
}

function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit into a JavaScript number.`);
  return value;
}

function asIs<T>(value: T): T {
  return value;
}
