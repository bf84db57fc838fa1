import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createTestDatabase } from "@perpetuo/database/test-database";
import { ConfigError } from "@perpetuo/runtime/environment";
import { generateMasterKeyText } from "@perpetuo/security/master-key";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { start } from "./start.ts";
import { startTestControl, withDatabase } from "./test-control.ts";

const environment = (changes: Record<string, string> = {}) => ({
  CONTROL_DATABASE_URL: "postgres://nobody:nothing@127.0.0.1:1/none",
  PERPETUO_MASTER_KEY: generateMasterKeyText(),
  CONTROL_PORT: "0",
  LOG_LEVEL: "silent",
  ...changes,
});

test("readConfig · every problem at once, no secret in any", () => {
  const bad = {
    CONTROL_PORT: "http",
    PERPETUO_MASTER_KEY: "hunter2",
    PUBLIC_URL: "ftp://x",
    LOG_LEVEL: "loud",
  };
  expect(() => readConfig(bad)).toThrow(ConfigError);
  try {
    readConfig(bad);
  } catch (error) {
    const { message } = error as ConfigError;
    for (const name of [...Object.keys(bad), "CONTROL_DATABASE_URL"]) expect(message).toContain(name);
    expect(message).not.toContain("hunter2");
  }
});

test("start · alive and not ready without a database; calls answer 503", async () => {
  const service = await start(readConfig(environment()));
  const statusOf = async (path: string) => (await fetch(service.url + path)).status;
  expect(await statusOf("/health")).toBe(200);
  expect(await statusOf("/ready")).toBe(503);
  expect(await statusOf("/auth/me")).toBe(503);
  expect(await statusOf("/docs")).toBe(200);
  await service[Symbol.asyncDispose]();
  await expect(fetch(`${service.url}/health`)).rejects.toThrow();
});

test("start · waits for the schema, then is ready by itself and makes the partitions", async () => {
  const database = await createTestDatabase();
  const drop = (table: string) => `drop table if exists ${table}`;
  await withDatabase(database.administratorUrl, async ({ sql }) => {
    await sql`update drizzle.__drizzle_migrations set created_at = created_at - 1`;
    const partitions = await sql<{ name: string }[]>`
      select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'request_logs'::regclass and inhrelid <> 'request_logs_default'::regclass`;
    for (const { name } of partitions) await sql.unsafe(drop(name));
  });
  const service = await start(readConfig(environment({ CONTROL_DATABASE_URL: database.controlUrl })));
  const ready = async () => (await fetch(`${service.url}/ready`)).status;
  expect(await ready()).toBe(503);
  await withDatabase(database.administratorUrl, async ({ sql }) => {
    await sql`update drizzle.__drizzle_migrations set created_at = created_at + 1`;
    await expect.poll(ready, { timeout: 10_000 }).toBe(200);
    const count = async () => {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::integer as count from pg_inherits where inhparent = 'request_logs'::regclass`;
      return row?.count;
    };
    // Yesterday, today, fourteen days ahead, and the default one.
    await expect.poll(count, { timeout: 10_000 }).toBe(17);
  });
  await service[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test("start · one sentence for a taken port", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  await expect(start(readConfig(environment({ CONTROL_PORT: String(port) })))).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is taken by another program. Set CONTROL_PORT or HOST.`,
  );
  holder.close();
});

test("start · https sets Secure cookies with the __Host- prefix and HSTS", async () => {
  const control = await startTestControl({ environment: { PUBLIC_URL: "https://perpetuo.example.com" } });
  const body = { email: "secure@example.com", password: "Password123!", name: "Secure" };
  const { headers } = await control.call({ method: "POST", path: "/auth/signup", body });
  expect(headers.get("set-cookie")).toMatch(/^__Host-perpetuo_session=.*; Secure$/);
  expect(headers.get("strict-transport-security")).toContain("max-age=");
  await control[Symbol.asyncDispose]();
});
