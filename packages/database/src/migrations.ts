import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of the SQL migrations. */
export const migrationsFolder = join(import.meta.dirname, "..", "..", "..", "drizzle");

/** The moment that names the newest migration of this version of the code, as drizzle-kit's journal has it (epoch ms). */
export function newestMigration(): number {
  const journal = JSON.parse(readFileSync(join(migrationsFolder, "meta", "_journal.json"), "utf8")) as {
    entries: { when: number }[];
  };
  return Math.max(...journal.entries.map((entry) => entry.when));
}
