import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { withDatabase } from "./connection.ts";
import { startEmbeddedPostgres } from "./embedded.ts";
import { migrate } from "./migrate.ts";
import { type RolePasswords, roleUrl, serviceRoles } from "./roles.ts";

/** A real PostgreSQL server with a migrated template database, shared by the tests of a run. */
export type TestCluster = {
  administratorUrl: string;
  /** URL of the owner role and the template, to which nobody can connect any more. */
  ownerUrl: string;
  rolePasswords: Required<RolePasswords>;
};

declare module "vitest" {
  export interface ProvidedContext {
    perpetuoTestCluster: TestCluster;
  }
}

/** An empty, migrated database of its own, with the URLs of all roles. Disposal drops it. */
export type TestDatabase = AsyncDisposable & {
  name: string;
  ownerUrl: string;
  controlUrl: string;
  proxyUrl: string;
  workerUrl: string;
  /** The cluster's superuser in this database: for arranging what no role of the product may do. */
  administratorUrl: string;
};

/** Starts a cluster in a temporary folder and migrates the template. Not crash-safe, therefore fast. */
export async function startTestCluster(): Promise<TestCluster & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), "perpetuo-test-"));
  const server = await startEmbeddedPostgres({ dataDir: directory, durability: "throwaway" });
  const rolePasswords = Object.fromEntries(
    serviceRoles.map((role) => [role, randomBytes(12).toString("hex")]),
  ) as Required<RolePasswords>;
  await migrate(server.ownerUrl, { rolePasswords });
  // CREATE DATABASE … TEMPLATE needs a template without sessions.
  await runAsAdministrator(server, "alter database perpetuo with allow_connections false is_template true");
  return {
    administratorUrl: server.administratorUrl,
    ownerUrl: server.ownerUrl,
    rolePasswords,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Clones the template; the run's cluster comes from `test-global-setup.ts`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const cluster = inject("perpetuoTestCluster");
  if (cluster === undefined) {
    throw new Error("Add packages/database/src/test-global-setup.ts to `globalSetup` of the vitest config.");
  }
  const name = `test_${randomBytes(6).toString("hex")}`;
  await runAsAdministrator(cluster, `create database ${name} template perpetuo owner perpetuo_owner`);
  const ownerUrl = inDatabase(cluster.ownerUrl, name);
  const urlOf = (role: (typeof serviceRoles)[number]) => roleUrl(ownerUrl, role, cluster.rolePasswords[role]);
  return {
    name,
    ownerUrl,
    controlUrl: urlOf("perpetuo_control"),
    proxyUrl: urlOf("perpetuo_proxy"),
    workerUrl: urlOf("perpetuo_worker"),
    administratorUrl: inDatabase(cluster.administratorUrl, name),
    [Symbol.asyncDispose]: () => runAsAdministrator(cluster, `drop database if exists ${name} with (force)`),
  };
}

async function runAsAdministrator(cluster: { administratorUrl: string }, statement: string): Promise<void> {
  const options = { max: 1, applicationName: "perpetuo-test" };
  await withDatabase(cluster.administratorUrl, options, ({ sql }) => sql.unsafe(statement));
}

function inDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
