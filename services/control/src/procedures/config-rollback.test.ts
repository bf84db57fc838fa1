import { randomUUID } from "node:crypto";
import type { Publication } from "@perpetuo/contracts/api/config";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestControl, type TestControl, withDatabase } from "../test-control.ts";
import {
  type ChangedRoute,
  createPublishingWorkspace,
  type PublishingWorkspace,
} from "./publishing.test-fixture.ts";

let control: TestControl;
let workspace: PublishingWorkspace;

beforeAll(async () => {
  control = await startTestControl();
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  workspace = await createPublishingWorkspace(control);
});

type Rollback = Publication & { disabled_routes: { id: string; name: string }[] };

const rollBack = (version: number) => workspace.call<Rollback>("POST", "/config/rollback", { version });
/** A target that nobody can be called through. */
const gone = () => ({ targets: [{ provider_key_id: randomUUID() }] });

describe("rollback", () => {
  test("config.rollback · an old version is published as a new one, and the draft says the same", async () => {
    const { data: policy } = await workspace.call<{ id: string }>("POST", "/policies", { name: "P" });
    const first = await workspace.addRoute("first", { policy_id: policy.id });
    const second = await workspace.addRoute("second");
    const before = (await workspace.readVersion(3)).data;
    await workspace.call("PUT", "/routes/order", { route_ids: [second.id, first.id] });
    await workspace.call("PUT", `/routes/${first.id}`, { policy_id: null, strategy: "weighted" });
    await workspace.call("DELETE", `/policies/${policy.id}`);
    await workspace.call("DELETE", `/routes/${second.id}`);
    const younger = await workspace.addRoute("second");
    const { data } = await rollBack(3);
    expect(data).toMatchObject({
      kind: "published",
      version: 8,
      disabled_routes: [{ id: younger.id, name: "second" }],
    });
    const after = (await workspace.readVersion(8)).data;
    expect(after).toMatchObject({
      checksum: before.checksum,
      snapshot: before.snapshot,
      note: "Rollback to 3.",
    });
    expect(await workspace.state()).toMatchObject({
      published: { version: 8 },
      draft_checksum: before.checksum,
      unpublished: { routes: [], policies: [] },
      problems: [],
    });
    const { data: routes } = await workspace.call<{ items: ChangedRoute[] }>("GET", "/routes");
    expect(routes.items.map(({ id, enabled }) => [id, enabled])).toEqual([
      [first.id, true],
      [second.id, true],
      [younger.id, false],
    ]);
    expect((await workspace.publish()).data).toMatchObject({ kind: "unchanged", version: 8 });
  });

  test("config.rollback · to the version in force throws the draft's changes away and publishes nothing", async () => {
    await workspace.addRoute("a");
    await workspace.setMode("manual");
    const b = await workspace.addRoute("b", gone());
    expect((await rollBack(2)).data).toMatchObject({
      kind: "unchanged",
      version: 2,
      disabled_routes: [{ id: b.id }],
    });
    expect(await workspace.state()).toMatchObject({ unpublished: { routes: [] }, problems: [] });
  });

  test("config.rollback · 409 for a version whose provider key is gone, and the draft stays as it is", async () => {
    const key = await workspace.addKey({ name: "Old" });
    const route = await workspace.addRoute("r", { targets: [{ provider_key_id: key }] });
    await workspace.call("PUT", `/routes/${route.id}`, { targets: [{ provider_key_id: workspace.key }] });
    await workspace.call("DELETE", `/providers/${key}`);
    const { draft_checksum } = await workspace.state();
    const answer = await rollBack(2);
    expect(answer.status).toBe(409);
    expect(answer.error).toMatchObject({
      code: "draft_invalid",
      details: { problems: [{ kind: "provider_key_missing", route_id: route.id }] },
    });
    expect((await workspace.state()).draft_checksum).toBe(draft_checksum);
    expect(await workspace.latest()).toBe(3);
  });

  test("config.rollback · 404 for a version that is not there", async () => {
    expect((await rollBack(5)).status).toBe(404);
  });

  test("config.rollback · 500 for a version that is not what was published", async () => {
    const { workspace_id } = workspace.person;
    await workspace.addRoute("a");
    await withDatabase(control.database.administratorUrl, async ({ sql }) => {
      await sql`alter table config_versions disable trigger append_only`;
      await sql`update config_versions set snapshot = jsonb_set(snapshot, '{routes,0,strategy}', '"weighted"')
        where workspace_id = ${workspace_id} and version = 2`;
      await sql`alter table config_versions enable trigger append_only`;
    });
    expect((await rollBack(2)).status).toBe(500);
    expect((await workspace.diff(2, 1)).status).toBe(500);
    expect((await rollBack(1)).data).toMatchObject({ kind: "published", version: 3 });
  });
});

test("audit · a publication has a row with who, the version and its checksum", async () => {
  await workspace.addRoute("a");
  const rows = await withDatabase(
    control.database.administratorUrl,
    ({ sql }) =>
      sql`select actor, action, record_id, after ->> 'note' as note from audit_logs
      where table_name = 'config_versions' and workspace_id = ${workspace.person.workspace_id} order by created_at, id`,
  );
  expect(rows).toMatchObject([
    { record_id: "1" },
    { actor: workspace.person.user_id, action: "insert", record_id: "2", note: 'Route "a" created.' },
  ]);
});
