import { newestMigration } from "./migrations.ts";
import type { Pool } from "./pool.ts";

/** SQLSTATEs of a database that has never been migrated, or not far enough for this role to look. */
const unmigratedCodes = new Set(["42P01", "3F000", "42501"]);

/**
 * Whether the database has at least this version's schema. A service that finds an older one waits, not ready.
 * Works as any of the service roles.
 *
 * @throws when the database cannot be reached.
 */
export async function schemaIsCurrent({ sql }: Pool): Promise<boolean> {
  try {
    const [row] = await sql<{ newest: number | null }[]>`
      select max(created_at) as newest from drizzle.__drizzle_migrations`;
    return (row?.newest ?? 0) >= newestMigration();
  } catch (error) {
    if (unmigratedCodes.has((error as { code?: string }).code ?? "")) return false;
    throw error;
  }
}
