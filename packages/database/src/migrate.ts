import { migrationsFolder } from "./migrations.ts";
import { type Pool, withPool } from "./pool.ts";
import { ensureRoles, type RolePasswords } from "./roles.ts";
import { schemaIsCurrent } from "./schema-version.ts";
import { seedModelPrices } from "./seed/seed-model-prices.ts";
import { DatabaseSetupError } from "./setup-error.ts";

/** Any number that every version of the code agrees on. */
const migrationLock = 7_205_759_403_792;
const minimumServerVersion = 180_000;
const partitionDaysAhead = 14;

/**
 * Brings a database to this version's schema: service roles, migrations, partitions, model prices. Safe to repeat, and
 * safe to run at the same time from several machines: an advisory lock puts them in line.
 *
 * @throws DatabaseSetupError when there is no such server or database, the server is too old, or the owner role lacks a right; the message says what to do.
 */
export async function migrate(
  ownerUrl: string,
  options: { rolePasswords?: RolePasswords } = {},
): Promise<void> {
  // A lock belongs to a session, so everything runs on the pool's only connection, which must not be recycled meanwhile.
  await withPool(ownerUrl, { max: 1, applicationName: "perpetuo-migrate" }, async (pool) => {
    const { sql } = pool;
    await checkServerVersion(pool).catch((error: unknown) => explainAbsence(error, ownerUrl));
    await sql`select pg_advisory_lock(${migrationLock}::bigint)`;
    try {
      await ensureRoles(pool, options.rolePasswords ?? {});
      if (!(await schemaIsCurrent(pool))) await applyMigrations(pool).catch(explainRefusal);
      await sql`select perpetuo_ensure_partitions(${partitionDaysAhead})`;
      await seedModelPrices(pool);
    } finally {
      await sql`select pg_advisory_unlock(${migrationLock}::bigint)`;
    }
  });
}

/** Drizzle takes a third of a second to load, which a start that finds nothing to migrate is spared. */
async function applyMigrations({ sql }: Pool): Promise<void> {
  const [{ drizzle }, { migrate: apply }] = await Promise.all([
    import("drizzle-orm/postgres-js"),
    import("drizzle-orm/postgres-js/migrator"),
  ]);
  await apply(drizzle(sql), { migrationsFolder });
}

async function checkServerVersion({ sql }: Pool): Promise<void> {
  const [row] = await sql<{ number: number; text: string }[]>`
    select current_setting('server_version_num')::int as number, current_setting('server_version') as text`;
  if (row && row.number < minimumServerVersion) {
    throw new DatabaseSetupError(
      `The server in DATABASE_URL is PostgreSQL ${row.text}, and Perpetuo needs 18 or newer. Upgrade it, or unset DATABASE_URL to use the embedded one.`,
    );
  }
}

/** SQLSTATEs of a refused log-in. */
const refusedLogInCodes = ["28P01", "28000"];
/** SQLSTATE of a database that the server does not have. */
const unknownDatabaseCode = "3D000";

/** Says in one sentence why there is no session in the database; the URL's password is left out. */
function explainAbsence(error: unknown, ownerUrl: string): never {
  if (error instanceof DatabaseSetupError) throw error;
  const { host, username, pathname } = new URL(ownerUrl);
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  const elsewhere = "or unset DATABASE_URL to use the embedded database.";
  const fail = (sentence: string): never => {
    throw new DatabaseSetupError(sentence, { cause: error });
  };
  if (refusedLogInCodes.includes(code ?? ""))
    fail(`The server in DATABASE_URL refuses to log ${username} in (${message}). Correct user and password.`);
  if (code === unknownDatabaseCode)
    fail(
      `The server in DATABASE_URL has no such database. Run: CREATE DATABASE ${pathname.slice(1)} OWNER ${username};`,
    );
  if (syscall !== undefined || code === "CONNECT_TIMEOUT")
    fail(`No PostgreSQL server answers on ${host} (${code}). Start it, correct DATABASE_URL, ${elsewhere}`);
  throw error;
}

function explainRefusal(error: unknown): never {
  const cause = (error as { cause?: unknown }).cause ?? error;
  if ((cause as { code?: string }).code === "42501") {
    throw new DatabaseSetupError(
      `The owner role in DATABASE_URL lacks a right (${(cause as Error).message}). Let it own its database: ALTER DATABASE <database> OWNER TO <owner>;`,
      { cause },
    );
  }
  throw error;
}
