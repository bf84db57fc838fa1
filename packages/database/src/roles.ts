import type { Pool } from "./pool.ts";
import { DatabaseSetupError } from "./setup-error.ts";

/** The services' login roles. None owns a table, is a superuser or bypasses row-level security. */
export const serviceRoles = ["perpetuo_control", "perpetuo_proxy", "perpetuo_worker"] as const;
export type ServiceRole = (typeof serviceRoles)[number];

/** Passwords to set at migration. A role that is left out keeps its password. */
export type RolePasswords = Partial<Record<ServiceRole, string>>;

/** The owner's connection URL with another role's name and password. */
export function roleUrl(ownerUrl: string, role: ServiceRole, password: string): string {
  const url = new URL(ownerUrl);
  url.username = role;
  url.password = encodeURIComponent(password);
  return url.href;
}

/**
 * Creates the service roles that are missing and sets the passwords that are given.
 *
 * @throws DatabaseSetupError when the owner may not do that; the message has the SQL to run as an administrator.
 */
export async function ensureRoles(owner: Pool, passwords: RolePasswords): Promise<void> {
  const { sql } = owner;
  const present = await sql<
    { rolname: string }[]
  >`select rolname from pg_roles where rolname in ${sql(serviceRoles)}`;
  const names = new Set(present.map((role) => role.rolname));
  const missing = serviceRoles.filter((role) => !names.has(role));
  try {
    for (const role of missing) {
      await sql
        .unsafe(`create role ${role} login nosuperuser nobypassrls nocreatedb nocreaterole`)
        .catch(ignoreExisting);
    }
    for (const role of serviceRoles) {
      const password = passwords[role];
      if (password !== undefined) await setPassword(owner, role, password);
    }
  } catch (error) {
    if ((error as { code?: string }).code !== "42501") throw error;
    throw new DatabaseSetupError(instruction(missing), { cause: error });
  }
}

/** Roles belong to the whole server: a migration of another database may have made one in the meantime. */
function ignoreExisting(error: { code?: string }): void {
  if (error.code !== "42710" && error.code !== "23505") throw error;
}

/** DDL takes no parameters, so the server itself quotes the password. */
async function setPassword({ sql }: Pool, role: ServiceRole, password: string): Promise<void> {
  const [statement] = await sql<{ text: string }[]>`
    select format('alter role %I login password %L', ${role}::text, ${password}::text) as text`;
  if (statement) await sql.unsafe(statement.text);
}

function instruction(missing: readonly ServiceRole[]): string {
  if (missing.length === 0) {
    return "The owner role in DATABASE_URL may not set the service roles' passwords. Set CONTROL_DATABASE_URL, PROXY_DATABASE_URL and WORKER_DATABASE_URL, or run as an administrator: ALTER ROLE <owner> CREATEROLE; and grant it the three roles WITH ADMIN OPTION.";
  }
  const statements = missing.map((role) => `CREATE ROLE ${role} LOGIN PASSWORD '…';`).join(" ");
  return `The owner role in DATABASE_URL may not create roles, and ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing. Run as an administrator: ${statements} Or: ALTER ROLE <owner> CREATEROLE;`;
}
