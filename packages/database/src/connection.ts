import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { openPool, type Pool, type PoolOptions } from "./pool.ts";

/**
 * A pool of connections, as plain SQL and as Drizzle. Loading Drizzle takes a third of a second and some 50 MB in each
 * process and thread, so what makes do with plain SQL opens a `Pool`.
 */
export type Database = Pool & { orm: PostgresJsDatabase };

/** Opens a pool with Drizzle on top; see `openPool`. */
export function openDatabase(url: string, options: PoolOptions): Database {
  const pool = openPool(url, options);
  return { ...pool, orm: drizzle(pool.sql) };
}

/** Opens a database for the time of `work` and closes it afterwards, whatever the outcome. */
export async function withDatabase<T>(
  url: string,
  options: PoolOptions,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase(url, options);
  try {
    return await work(database);
  } finally {
    await database[Symbol.asyncDispose]();
  }
}
