import { setImmediate } from "node:timers/promises";
import type postgres from "postgres";

type Work = (transaction: postgres.TransactionSql) => unknown;
type Begin = (options: string, work: Work) => Promise<unknown>;

/** Codes of postgres.js and Node for a connection that is gone, and of a server that ends it. */
const lossCodes = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "57P01",
  "57P02",
]);

/** More than a pool has connections, so that each may fail once. */
const maximumStaleAttempts = 20;

/** A server that stops says so on every connection (SQLSTATE admin_shutdown). */
const shutdownCode = "57P01";

/**
 * Makes `begin` survive the loss of its connection.
 *
 * postgres.js sends ROLLBACK, and whatever the work does next, to a connection that is gone, and then ends the process
 * with an uncaught `TypeError`, or leaves the connection unusable for good. Here, a transaction whose connection is lost
 * fails with that error, and nothing more is sent.
 */
export function guardTransactions(sql: postgres.Sql): void {
  const begin = sql.begin.bind(sql) as Begin;
  const guarded = (first: string | Work, second?: Work): Promise<unknown> =>
    typeof first === "string" && second ? run(begin, first, second) : run(begin, "", first as Work);
  sql.begin = guarded as postgres.Sql["begin"];
}

async function run(begin: Begin, options: string, work: Work): Promise<unknown> {
  const progress = { started: false };
  return await retryStale(
    () =>
      runOnce(begin, options, (transaction) => {
        progress.started = true;
        return work(transaction);
      }),
    () => !progress.started,
  );
}

/**
 * A connection that the server ended while a query was running keeps that error, and fails the first query after it has
 * been made again with it, although that query was never sent. Repeats such a query; `mayRepeat` says whether it can.
 */
export async function retryStale<T>(work: () => Promise<T>, mayRepeat: () => boolean): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== shutdownCode || !mayRepeat() || attempt === maximumStaleAttempts) throw error;
    }
  }
}

async function runOnce(begin: Begin, options: string, work: Work): Promise<unknown> {
  const guard = new TransactionGuard();
  const outcome = begin(options, (transaction) => guard.run(transaction, work));
  // The library fails `begin` when the connection closes, whatever the work is doing at that moment.
  outcome.catch((error: unknown) => guard.lose(error));
  return await Promise.race([outcome, guard.lost]);
}

/** Knows whether the connection of one transaction is gone, and from then on keeps everything away from it. */
class TransactionGuard {
  readonly #loss = Promise.withResolvers<never>();
  #error: { reason: unknown } | null = null;

  constructor() {
    // The loss also reaches the caller through the race above; here it only must not count as unhandled.
    this.#loss.promise.catch(() => undefined);
  }

  get lost(): Promise<never> {
    return this.#loss.promise;
  }

  lose(reason: unknown): void {
    this.#error ??= { reason };
    this.#loss.reject(reason);
  }

  /** Runs the work. When the connection is lost it never settles, so that the library does not go on to COMMIT or ROLLBACK. */
  async run(transaction: postgres.TransactionSql, work: Work): Promise<unknown> {
    try {
      const result = await work(this.#wrap(transaction));
      if (this.#error === null) return result;
    } catch (error) {
      if (lossCodes.has(codeOf(error))) this.lose(error);
      // Queries fail a moment before `begin` does.
      await setImmediate();
      if (this.#error === null) throw error;
    }
    return await new Promise<never>(() => undefined);
  }

  #wrap(transaction: postgres.TransactionSql): postgres.TransactionSql {
    return new Proxy(transaction, {
      apply: (target, thisArgument, values) => {
        this.#assertConnected();
        return Reflect.apply(target, thisArgument, values);
      },
      get: (target, name) => {
        if (name === "savepoint") return this.#savepointOf(target);
        const member: unknown = Reflect.get(target, name);
        if (name !== "unsafe" && name !== "file") return member;
        return (...values: unknown[]) => {
          this.#assertConnected();
          return Reflect.apply(member as (...values: unknown[]) => unknown, target, values);
        };
      },
    });
  }

  #savepointOf(transaction: postgres.TransactionSql) {
    const savepoint = transaction.savepoint.bind(transaction) as Begin & ((work: Work) => Promise<unknown>);
    return (first: string | Work, second?: Work): Promise<unknown> => {
      this.#assertConnected();
      const guarded = (work: Work) => (inner: postgres.TransactionSql) => this.run(inner, work);
      if (typeof first === "string" && second) return savepoint(first, guarded(second));
      return savepoint(guarded(first as Work));
    };
  }

  #assertConnected(): void {
    if (this.#error !== null) throw this.#error.reason;
  }
}

/** The code of an error or of what caused it (Drizzle wraps the driver's errors); empty when there is none. */
function codeOf(error: unknown): string {
  let present = error;
  for (let depth = 0; present instanceof Error && depth < 5; depth += 1) {
    const code: unknown = Reflect.get(present, "code");
    if (typeof code === "string") return code;
    present = present.cause;
  }
  return "";
}
