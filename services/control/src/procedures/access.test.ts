import { randomUUID } from "node:crypto";
import { type Role, roles } from "@perpetuo/contracts/roles";
import { type Database, openDatabase } from "@perpetuo/database/connection";
import { createLogRecord } from "@perpetuo/database/test-fixtures";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { procedureNames, schemasOf } from "../rest/procedure-schemas.ts";
import type { ProcedureName } from "../rest/routes.ts";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";
import { minimumRoles, others } from "./access.test-table.ts";

// Every procedure, called by every role, by a stranger and by nobody. The tables must name each one, and every id
// that an input takes: what is new and has no row here fails the first tests.

type WorkspaceProcedure = keyof typeof minimumRoles;
const names = Object.keys(minimumRoles) as WorkspaceProcedure[];

let control: TestControl;
let owner: Person;
let administrator: Database;
const people = new Map<string, Person>();
/** Ids of the owner's workspace, to be called with by others. */
const ids = {
  provider_key_id: "",
  api_key_id: "",
  route_id: "",
  policy_id: "",
  log_id: randomUUID(),
  user_id: "",
  invite_id: "",
};
/** Ids that narrow a list instead of naming what the call is about: another workspace's matches nothing. */
const narrowing: Partial<Record<ProcedureName, string>> = {
  "logs.list": "api_key_id",
  "logs.export": "api_key_id",
  "logs.tail": "api_key_id",
};

beforeAll(async () => {
  control = await startTestControl();
  administrator = openDatabase(control.database.administratorUrl, { max: 1, applicationName: "test" });
  owner = await control.signUp();
  people.set("owner", owner);
  people.set("stranger", await control.signUp());
  for (const role of ["viewer", "member", "admin"] as const) {
    people.set(role, await control.addMember(owner.workspace_id, role));
  }
  const post = (path: string, body: unknown) =>
    control.call<{ id: string }>({
      method: "POST",
      path: `/workspaces/${owner.workspace_id}${path}`,
      body,
      token: owner.token,
    });
  const provider = { provider: "openai", api_key: "sk-proj-0123456789abcdef" };
  ids.provider_key_id = (await post("/providers", provider)).data.id;
  ids.api_key_id = (await post("/api-keys", { name: "Target" })).data.id;
  const invitation = await post("/invites", { email: "invited@example.com", role: "member" });
  ids.invite_id = (invitation.data as unknown as { invite: { id: string } }).invite.id;
  ids.user_id = (await control.addMember(owner.workspace_id, "viewer")).user_id;
  ids.policy_id = (await post("/policies", { name: "Target" })).data.id;
  ids.route_id = (await post("/routes", { name: "Target", match, targets: targets() })).data.id;
  const fixture = { workspace_id: owner.workspace_id, ...ids };
  await control.writeLogs([createLogRecord(fixture, { id: ids.log_id })]);
});
afterAll(async () => {
  await administrator[Symbol.asyncDispose]();
  await control[Symbol.asyncDispose]();
});

const match = { models: ["gpt-4"] };
const targets = () => [{ provider_key_id: ids.provider_key_id }];

/** An input that every schema accepts, so that only the rights decide. */
function inputOf(name: WorkspaceProcedure, workspace_id: string): Record<string, unknown> {
  const fields = schemasOf(name).input?.properties ?? {};
  const values: Record<string, unknown> = {
    workspace_id,
    ...ids,
    provider_key_ids: [ids.provider_key_id],
    route_ids: [ids.route_id],
    match,
    targets: targets(),
    publishing: "manual",
    version: 1,
    ...(name === "config.diff" ? { from: 1, to: "draft" } : {}),
    provider: "openai",
    model: "gpt-4",
    name: "Changed by somebody",
    mission: "Changed by somebody",
    api_key: "sk-proj-somebody-elses-key",
    email: "somebody@example.com",
    role: "viewer",
    metric: "requests",
    input_micros_per_million: 1,
    output_micros_per_million: 1,
    requests_per_minute: 1,
    budget_daily_micros: 1,
  };
  return Object.fromEntries(Object.entries(values).filter(([field]) => Object.hasOwn(fields, field)));
}

/** Calls over tRPC, which every procedure has. A subscription tells a refusal as an event. */
async function callProcedure(name: ProcedureName, input: unknown, token: string) {
  const isMutation = schemasOf(name).type === "mutation";
  const query =
    !isMutation && input !== undefined ? `?input=${encodeURIComponent(JSON.stringify(input))}` : "";
  const response = await fetch(`${control.url}/trpc/${name}${query}`, {
    method: isMutation ? "POST" : "GET",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(isMutation ? { body: JSON.stringify(input) } : {}),
  });
  const text = await response.text();
  const refusal = /^event: serialized-error\ndata: (.*)$/m.exec(text)?.[1];
  const { error } = (refusal === undefined ? JSON.parse(text) : { error: JSON.parse(refusal) }) as {
    error?: { data: { code: string; httpStatus: number } };
  };
  return { status: error?.data.httpStatus ?? response.status, code: error?.data.code ?? null };
}

const tokenOf = (who: string) => people.get(who)?.token ?? "";

const tables = [
  "workspaces",
  "workspace_profiles",
  "provider_keys",
  "api_keys",
  "model_price_overrides",
  "memberships",
  "invites",
  "routes",
  "policies",
  "config_versions",
];

/** Everything of the owner's workspace that people change, as one text. */
async function snapshot(): Promise<string> {
  const selects = tables.map(
    (table) => `select '${table}' as source, to_jsonb(${table})::text as content from ${table}`,
  );
  const rows = await administrator.sql.unsafe(`select * from (${selects.join(" union all ")}) as everything
    where content like '%${owner.workspace_id}%' order by source, content`);
  expect(rows.length).toBeGreaterThan(5);
  return JSON.stringify(rows);
}

const fieldsOf = (name: ProcedureName) => Object.keys(schemasOf(name).input?.properties ?? {});
const procedures = procedureNames() as ProcedureName[];

test("every procedure of a workspace has a minimum role here, and every other one its place", () => {
  const ofWorkspaces = procedures.filter((name) => fieldsOf(name).includes("workspace_id"));
  expect(ofWorkspaces.sort()).toEqual([...names].sort());
  const outside = procedures.filter((name) => !fieldsOf(name).includes("workspace_id"));
  expect(outside.sort()).toEqual(Object.keys(others).sort());
});

test("every id that an input of a workspace takes is swapped here", () => {
  const fields = names.flatMap(fieldsOf).filter((field) => /_ids?$/.test(field) && field !== "workspace_id");
  const swapped = [...Object.keys(ids), "provider_key_ids", "route_ids"];
  expect([...new Set(fields)].sort()).toEqual(swapped.sort());
});

describe("roles", () => {
  const refused = names.flatMap((name) =>
    roles
      .filter((role) => roles.indexOf(role) < roles.indexOf(minimumRoles[name]))
      .map((role): [WorkspaceProcedure, Role] => [name, role]),
  );

  test.each(refused)("%s · 403 when %s, and nothing changes", async (name, role) => {
    const before = await snapshot();
    const answer = await callProcedure(name, inputOf(name, owner.workspace_id), tokenOf(role));
    expect(answer).toEqual({ status: 403, code: "forbidden" });
    expect(await snapshot()).toBe(before);
  });

  const granted = names.flatMap((name) =>
    roles
      .filter((role) => roles.indexOf(role) >= roles.indexOf(minimumRoles[name]))
      .map((role): [WorkspaceProcedure, Role] => [name, role]),
  );

  // Rights are looked at before the input, so a call that passes them fails for its input, and nothing changes.
  test.each(granted)("%s · allowed when %s", async (name, role) => {
    const input = { ...inputOf(name, owner.workspace_id), no_such_field: true };
    expect(await callProcedure(name, input, tokenOf(role))).toEqual({ status: 400, code: "invalid_request" });
  });

  const reading = names.filter((name) => schemasOf(name).type === "query" && !schemasOf(name).streams);
  test.each(reading)("%s · 200 for its minimum role", async (name) => {
    const answer = await callProcedure(name, inputOf(name, owner.workspace_id), tokenOf(minimumRoles[name]));
    expect(answer).toEqual({ status: 200, code: null });
  });

  test("providers.list · 404 at once for a member who was removed", async () => {
    const member = await control.addMember(owner.workspace_id, "member");
    const input = inputOf("providers.list", owner.workspace_id);
    expect((await callProcedure("providers.list", input, member.token)).status).toBe(200);
    await administrator.sql`delete from memberships where user_id = ${member.user_id} and workspace_id = ${owner.workspace_id}`;
    expect((await callProcedure("providers.list", input, member.token)).status).toBe(404);
  });
});

describe("isolation", () => {
  test.each(names)(
    "%s · 404 for a stranger with the workspace's own ids, and nothing changes",
    async (name) => {
      const before = await snapshot();
      const answer = await callProcedure(name, inputOf(name, owner.workspace_id), tokenOf("stranger"));
      expect(answer).toEqual({ status: 404, code: "not_found" });
      expect(await snapshot()).toBe(before);
    },
  );

  const withForeignIds = names.filter((name) =>
    fieldsOf(name).some(
      (field) => /_ids?$/.test(field) && field !== "workspace_id" && field !== narrowing[name],
    ),
  );
  test.each(withForeignIds)(
    "%s · 404 for another workspace's id in the caller's own workspace",
    async (name) => {
      const before = await snapshot();
      const stranger = people.get("stranger");
      const answer = await callProcedure(
        name,
        inputOf(name, stranger?.workspace_id ?? ""),
        stranger?.token ?? "",
      );
      expect(answer).toEqual({ status: 404, code: "not_found" });
      expect(await snapshot()).toBe(before);
    },
  );

  test.each(names)("%s · 401 without a session", async (name) => {
    const answer = await callProcedure(name, inputOf(name, owner.workspace_id), "unknown");
    expect(answer).toEqual({ status: 401, code: "unauthenticated" });
  });

  test.each(Object.entries(others))("%s · is for %s callers", async (name, audience) => {
    const { code } = await callProcedure(name as ProcedureName, { no_such_field: true }, "unknown");
    expect(code).toBe(audience === "session" ? "unauthenticated" : "invalid_request");
  });
});

describe("strict inputs", () => {
  /** Columns that no input has: setting one would be mass assignment. */
  const foreignFields = [
    "role",
    "created_by",
    "deleted_at",
    "user_id",
    "key_hash",
    "ciphertext",
    "is_admin",
    "__proto__",
  ];

  test.each(procedureNames() as ProcedureName[])(
    "%s · 400 for fields that it does not have",
    async (name) => {
      const { input } = schemasOf(name);
      if (input === null) return;
      expect(input.additionalProperties).toBe(false);
      const valid = Object.hasOwn(minimumRoles, name)
        ? inputOf(name as WorkspaceProcedure, owner.workspace_id)
        : {};
      const before = await snapshot();
      for (const field of foreignFields.filter(
        (candidate) => !Object.hasOwn(input.properties ?? {}, candidate),
      )) {
        const body = JSON.parse(`{${JSON.stringify(valid).slice(1, -1) || '"x":1'},"${field}":true}`);
        expect(await callProcedure(name, body, owner.token)).toEqual({
          status: 400,
          code: "invalid_request",
        });
      }
      expect(await snapshot()).toBe(before);
    },
  );
});
