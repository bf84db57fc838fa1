import { randomBytes, randomUUID } from "node:crypto";
import type { signUpOutput } from "@perpetuo/contracts/api/auth";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import type { Role } from "@perpetuo/contracts/roles";
import { type Database, openDatabase } from "@perpetuo/database/connection";
import { insertMembership } from "@perpetuo/database/queries/control/memberships";
import { flushBatch } from "@perpetuo/database/queries/proxy/flush-batch";
import { createTestDatabase, type TestDatabase } from "@perpetuo/database/test-database";
import { inWorkspace } from "@perpetuo/database/workspace-transaction";
import { generateMasterKeyText } from "@perpetuo/security/master-key";
import type { z } from "zod";
import { defaultThrottleRules, type ThrottleRules } from "./auth/throttle.ts";
import { type Config, readConfig } from "./config.ts";
import { start } from "./start.ts";

/** A password that is no secret: it protects accounts that live for one test. */
export const testPassword = "Password123!";

type SignUpOutput = z.infer<typeof signUpOutput>;

/** An answer of the REST API, taken apart. */
export type Answer<TData> = {
  status: number;
  headers: Headers;
  /** `data` of a success; of anything else null. */
  data: TData;
  /** `error` of a failure; of anything else null. */
  error: { code: string; message: string; details?: unknown; request_id: string };
};

export type Call = {
  method?: string;
  path: string;
  token?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
};

/** A signed-up person with their first workspace. */
export type Person = { token: string; user_id: string; workspace_id: string; api_key: string; email: string };

/** A control plane on a database of its own. */
export type TestControl = AsyncDisposable & {
  url: string;
  database: TestDatabase;
  /** Calls the REST API; `TData` is what the test expects of a success. */
  call<TData = unknown>(call: Call): Promise<Answer<TData>>;
  /** Signs somebody up, by default under an address that nobody else has. */
  signUp(email?: string): Promise<Person>;
  /** Signs somebody up and makes them a member of another person's workspace. */
  addMember(workspace_id: string, role: Role): Promise<Person>;
  /** Writes request logs as the proxy does. */
  writeLogs(records: RequestLogRecord[]): Promise<void>;
};

export type TestControlSettings = {
  environment?: Record<string, string>;
  config?: Partial<Config>;
  throttleRules?: Partial<ThrottleRules>;
};

/** Starts control for a test; disposal stops it and drops the database. */
export async function startTestControl(settings: TestControlSettings = {}): Promise<TestControl> {
  const database = await createTestDatabase();
  const config = readConfig({
    CONTROL_DATABASE_URL: database.controlUrl,
    PERPETUO_MASTER_KEY: generateMasterKeyText(),
    CONTROL_PORT: "0",
    PUBLIC_URL: "http://localhost:3000",
    LOG_LEVEL: "silent",
    ...settings.environment,
  });
  const service = await start(
    { ...config, ...settings.config },
    { ...defaultThrottleRules, ...settings.throttleRules },
  );
  const call = <TData>(details: Call) => callRest<TData>(service.url, details);
  await untilReady(service.url);
  return {
    url: service.url,
    database,
    call,
    signUp: (email) => signUp(call, email),
    async addMember(workspace_id, role) {
      const person = await signUp(call);
      await withDatabase(database.ownerUrl, (owner) =>
        inWorkspace(owner, { workspace_id }, (transaction) =>
          insertMembership(transaction, { workspace_id, user_id: person.user_id, role }),
        ),
      );
      return person;
    },
    writeLogs: (records) =>
      withDatabase(database.proxyUrl, async (proxy) => {
        await flushBatch(proxy, { batch_id: randomUUID(), proxy_id: "test", records });
      }),
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function callRest<TData>(
  url: string,
  { method = "GET", path, token, body, headers }: Call,
): Promise<Answer<TData>> {
  const response = await fetch(url + path, {
    method,
    redirect: "manual",
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true && text !== "";
  const envelope = isJson ? JSON.parse(text) : {};
  return {
    status: response.status,
    headers: response.headers,
    data: envelope.data ?? null,
    error: envelope.error ?? null,
  };
}

async function signUp(
  call: TestControl["call"],
  email = `${randomBytes(6).toString("hex")}@example.com`,
): Promise<Person> {
  const body = { email, password: testPassword, name: "Test User" };
  const { data, status } = await call<SignUpOutput>({ method: "POST", path: "/auth/signup", body });
  if (status !== 201) throw new Error(`Sign-up answered ${status}.`);
  const { user, token, workspace, api_key } = data;
  return { token, user_id: user.id, workspace_id: workspace.id, api_key, email };
}

/** Runs work on a connection of its own. */
export async function withDatabase<TResult>(
  url: string,
  work: (database: Database) => Promise<TResult>,
): Promise<TResult> {
  const database = openDatabase(url, { max: 1, applicationName: "test" });
  try {
    return await work(database);
  } finally {
    await database[Symbol.asyncDispose]();
  }
}

/** Control listens before it has looked at the schema; each question makes it look again. */
async function untilReady(url: string): Promise<void> {
  const response = await fetch(`${url}/ready`);
  if (response.status !== 200) throw new Error(`Control is not ready: ${await response.text()}`);
}
