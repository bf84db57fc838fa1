import { startEmbeddedPostgres } from "@perpetuo/database/embedded";
import { migrate } from "@perpetuo/database/migrate";
import { type RolePasswords, roleUrl, type ServiceRole } from "@perpetuo/database/roles";
import type { Config } from "./config.ts";

/** Connection URLs of the services' own roles. */
export type ServiceUrls = { control: string; proxy: string; worker: string };

/** A database that is up and current. Disposal stops it when it is the embedded one. */
export type PreparedDatabase = AsyncDisposable & { urls: ServiceUrls; description: string };

export type OwnedDatabase = AsyncDisposable & { ownerUrl: string; description: string };

type Report = (message: string) => void;

/** The database in DATABASE_URL, or the embedded one in the data folder. */
export async function openOwnedDatabase(config: Config, report: Report): Promise<OwnedDatabase> {
  if (config.databaseUrl !== null) {
    const { host } = new URL(config.databaseUrl);
    return {
      ownerUrl: config.databaseUrl,
      description: `PostgreSQL on ${host}`,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, onProgress: report });
  return {
    ownerUrl: embedded.ownerUrl,
    description: `embedded PostgreSQL on port ${embedded.port}`,
    [Symbol.asyncDispose]: () => embedded[Symbol.asyncDispose](),
  };
}

/**
 * Opens the database, migrates it, and says how each service reaches it: by the URL that the environment names, or
 * as its own role with the generated password.
 */
export async function prepareDatabase(
  config: Config,
  { passwords, report }: { passwords: Required<RolePasswords>; report: Report },
): Promise<PreparedDatabase> {
  const database = await openOwnedDatabase(config, report);
  try {
    report("Migrating the database");
    await migrate(database.ownerUrl, { rolePasswords: passwordsToSet(config, passwords) });
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  const derive = (role: ServiceRole) => roleUrl(database.ownerUrl, role, passwords[role]);
  return {
    urls: {
      control: config.controlDatabaseUrl ?? derive("perpetuo_control"),
      proxy: config.proxyDatabaseUrl ?? derive("perpetuo_proxy"),
      worker: config.workerDatabaseUrl ?? derive("perpetuo_worker"),
    },
    description: database.description,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** Passwords for the roles whose URL is derived, and those that the given URLs name for the roles. */
export function passwordsToSet(config: Config, generated: RolePasswords = {}): RolePasswords {
  const given: [ServiceRole, string | null][] = [
    ["perpetuo_control", config.controlDatabaseUrl],
    ["perpetuo_proxy", config.proxyDatabaseUrl],
    ["perpetuo_worker", config.workerDatabaseUrl],
  ];
  return Object.fromEntries(
    given.flatMap(([role, url]) => {
      const password = url === null ? generated[role] : passwordOf(url, role);
      return password === undefined ? [] : [[role, password]];
    }),
  );
}

/** The password in a URL, when the URL logs in as the role itself. */
function passwordOf(url: string, role: ServiceRole): string | undefined {
  const { username, password } = new URL(url);
  return username === role && password !== "" ? decodeURIComponent(password) : undefined;
}
