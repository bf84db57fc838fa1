import { randomUUID } from "node:crypto";
import type { Publication } from "@perpetuo/contracts/api/config";
import type { Route } from "@perpetuo/contracts/api/routes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestControl, type TestControl, withDatabase } from "../test-control.ts";
import {
  type ChangedPolicy,
  type ChangedRoute,
  createPublishingWorkspace,
  type PublishingWorkspace,
} from "./publishing.test-fixture.ts";

let control: TestControl;
let workspace: PublishingWorkspace;

beforeAll(async () => {
  control = await startTestControl();
  workspace = await createPublishingWorkspace(control);
});
afterAll(() => control[Symbol.asyncDispose]());

const list = async () => (await workspace.call<{ items: Route[] }>("GET", "/routes")).data.items;

describe("routes", () => {
  test("routes.create · what was left out has its default, and the change is in force", async () => {
    const route = await workspace.addRoute("gpt-4");
    expect(route).toMatchObject({
      name: "gpt-4",
      match: { models: ["gpt-4"], metadata: {} },
      strategy: "priority",
      targets: [{ provider_key_id: workspace.key, upstream_model: null, weight: 1, timeouts: {} }],
      policy_id: null,
      position: 1,
      enabled: true,
      publication: { kind: "published", version: 2, problems: [], warnings: [] },
    });
    const { publication: _publication, ...shown } = route;
    expect(await list()).toEqual([shown]);
  });

  test("routes.create · the next one stands behind it, also when two come at once", async () => {
    const added = await Promise.all(["a", "b", "c"].map((name) => workspace.addRoute(name)));
    expect(added.map(({ position }) => position).sort()).toEqual([2, 3, 4]);
    expect(added.map(({ publication }) => publication.version).sort()).toEqual([3, 4, 5]);
  });

  test("routes.update · changes what it names, replaces targets as a whole, and publishes", async () => {
    const route = await workspace.addRoute("before");
    const targets = [{ provider_key_id: workspace.key, upstream_model: "gpt-4o", weight: 3 }];
    const { data } = await workspace.call<ChangedRoute>("PUT", `/routes/${route.id}`, {
      strategy: "weighted",
      targets,
    });
    expect(data).toMatchObject({ name: "before", match: route.match, strategy: "weighted", targets });
    expect(data.publication).toMatchObject({
      kind: "published",
      version: (route.publication.version ?? 0) + 1,
    });
  });

  test("routes.update · a change that says what is published already publishes nothing", async () => {
    const route = await workspace.addRoute("same");
    const { data } = await workspace.call<ChangedRoute>("PUT", `/routes/${route.id}`, { name: "same" });
    expect(data.publication).toMatchObject({ kind: "unchanged", version: route.publication.version });
  });

  test("routes.update · a disabled route is kept and not published", async () => {
    const route = await workspace.addRoute("off");
    const path = `/routes/${route.id}`;
    const { data } = await workspace.call<ChangedRoute>("PUT", path, { enabled: false });
    expect(data.publication.kind).toBe("published");
    const version = await workspace.call<{ snapshot: { routes: { route_id: string }[] } }>(
      "GET",
      `/config/versions/${data.publication.version}`,
    );
    expect(version.data.snapshot.routes.map(({ route_id }) => route_id)).not.toContain(route.id);
    expect((await list()).find(({ id }) => id === route.id)?.enabled).toBe(false);
  });

  test("routes.reorder · the draft and what is published have the new order", async () => {
    const reversed = (await list()).map(({ id }) => id).reverse();
    const answer = await workspace.call<{ items: Route[]; publication: Publication }>(
      "PUT",
      "/routes/order",
      {
        route_ids: reversed,
      },
    );
    expect(answer.data.items.map(({ id }) => id)).toEqual(reversed);
    expect(answer.data.items.map(({ position }) => position)).toEqual(
      reversed.map((_id, index) => index + 1),
    );
    expect(answer.data.publication.kind).toBe("published");
  });

  test("routes.reorder · an order that is not whole, names one twice or a stranger is refused", async () => {
    const ids = (await list()).map(({ id }) => id);
    const reorder = (route_ids: string[]) => workspace.call("PUT", "/routes/order", { route_ids });
    expect((await reorder(ids.slice(1))).status).toBe(409);
    expect((await reorder([...ids, ids[0] ?? ""])).status).toBe(400);
    expect((await reorder([...ids, randomUUID()])).status).toBe(404);
    expect((await list()).map(({ id }) => id)).toEqual(ids);
  });

  test("routes.create · 409 when the draft, disabled routes too, takes more than control can read", async () => {
    const other = await createPublishingWorkspace(control);
    const values = Array.from({ length: 100 }, (_, index) => String(index).padEnd(500, "x"));
    const metadata = Object.fromEntries(Array.from({ length: 19 }, (_, index) => [`key ${index}`, values]));
    const large = {
      enabled: false,
      match: { models: ["m"], metadata },
      targets: [{ provider_key_id: other.key }],
    };
    for (const name of ["a", "b", "c", "d"]) await other.addRoute(name, large);
    const answer = await other.call("POST", "/routes", { name: "e", ...large });
    expect([answer.status, answer.error.code]).toEqual([409, "conflict"]);
    expect((await other.call<{ items: Route[] }>("GET", "/routes")).data.items).toHaveLength(4);
  });

  test("routes.delete · gone, published, and 404 the second time", async () => {
    const route = await workspace.addRoute("to delete");
    const deleted = await workspace.call<{ id: string; publication: Publication }>(
      "DELETE",
      `/routes/${route.id}`,
    );
    expect(deleted.data).toMatchObject({ id: route.id, publication: { kind: "published" } });
    expect((await workspace.call("DELETE", `/routes/${route.id}`)).status).toBe(404);
  });

  test.each<[string, object, string]>([
    ["no models", { match: { models: [] } }, "match.models"],
    ["no targets", { targets: [] }, "targets"],
    ["an unknown strategy", { strategy: "random" }, "strategy"],
    ["a weight of zero", { targets: [{ provider_key_id: randomUUID(), weight: 0 }] }, "targets.0.weight"],
    ["an empty name", { name: "  " }, "name"],
    ["a name with a line break", { name: "a\nb" }, "name"],
    ["an unknown field of a target", { targets: [{ provider_key_id: randomUUID(), key: 1 }] }, "targets.0"],
  ])("routes.create · 400 for %s, naming the field", async (_title, change, field) => {
    const targets = [{ provider_key_id: workspace.key }];
    const answer = await workspace.call("POST", "/routes", {
      name: "x",
      match: { models: ["x"] },
      targets,
      ...change,
    });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.error.details)).toContain(`"${field}`);
  });

  test("audit · a change of a route has a row with who, before and after", async () => {
    const route = await workspace.addRoute("watched");
    await workspace.call("PUT", `/routes/${route.id}`, { strategy: "least-cost" });
    const rows = await withDatabase(
      control.database.administratorUrl,
      ({ sql }) =>
        sql<{ actor: string; action: string; before: Route | null; after: Route }[]>`
        select actor, action, before, after from audit_logs
        where table_name = 'routes' and record_id = ${route.id} order by created_at, id`,
    );
    expect(rows).toMatchObject([
      { actor: workspace.person.user_id, action: "insert", before: null, after: { name: "watched" } },
      { action: "update", before: { strategy: "priority" }, after: { strategy: "least-cost" } },
    ]);
  });
});

describe("policies", () => {
  test("policies.create · is published with the first route that names it", async () => {
    const { data: policy } = await workspace.call<ChangedPolicy>("POST", "/policies", { name: "Patient" });
    expect(policy).toMatchObject({
      name: "Patient",
      timeouts: {},
      max_attempts: null,
      max_output_tokens: null,
      stickiness: "off",
      publication: { kind: "unchanged" },
    });
    const route = await workspace.addRoute("patient", { policy_id: policy.id });
    expect(route.publication.kind).toBe("published");
    const { data: changed } = await workspace.call<ChangedPolicy>("PUT", `/policies/${policy.id}`, {
      timeouts: { first_byte_ms: 900 },
      stickiness: "conversation",
    });
    expect(changed).toMatchObject({ name: "Patient", timeouts: { first_byte_ms: 900 } });
    expect(changed.publication.kind).toBe("published");
    expect((await workspace.call<{ items: unknown[] }>("GET", "/policies")).data.items).toHaveLength(1);
  });

  test("policies.delete · 409 while a route names it, naming the route", async () => {
    const { data: policy } = await workspace.call<ChangedPolicy>("POST", "/policies", { name: "Used" });
    const route = await workspace.addRoute("user", { policy_id: policy.id });
    const refused = await workspace.call("DELETE", `/policies/${policy.id}`);
    expect(refused.status).toBe(409);
    expect(refused.error.message).toContain('"user"');
    await workspace.call("PUT", `/routes/${route.id}`, { policy_id: null });
    expect((await workspace.call("DELETE", `/policies/${policy.id}`)).status).toBe(200);
    expect((await workspace.call("DELETE", `/policies/${policy.id}`)).status).toBe(404);
  });

  test("routes.create · ids in capital letters are the same ids", async () => {
    const { key, call, addRoute } = await createPublishingWorkspace(control);
    const policy = await call<ChangedPolicy>("POST", "/policies", { name: "Patient" });
    const targets = [{ provider_key_id: key.toUpperCase() }];
    const route = await addRoute("capital", { targets, policy_id: policy.data.id.toUpperCase() });
    expect(route).toMatchObject({ policy_id: policy.data.id, targets: [{ provider_key_id: key }] });
    expect(route.publication).toMatchObject({ kind: "published", problems: [] });
    const answer = await call("PUT", "/routes/order", { route_ids: [route.id.toUpperCase()] });
    expect(answer.error).toBeNull();
  });

  test("routes.create · 404 for a policy that is nowhere, and nothing is kept of it", async () => {
    const before = await list();
    const route = { name: "x", match: { models: ["x"] }, targets: [{ provider_key_id: workspace.key }] };
    const answer = await workspace.call("POST", "/routes", { ...route, policy_id: randomUUID() });
    expect(answer.status).toBe(404);
    expect(await list()).toEqual(before);
  });
});
