import { randomUUID } from "node:crypto";
import type { ConfigVersion, RouteUse } from "@perpetuo/contracts/api/config";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestControl, type TestControl } from "../test-control.ts";
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

const history = (query = "") =>
  workspace.call<{ items: ConfigVersion[]; next_before: number | null }>("GET", `/config/versions${query}`);
/** A target that nobody can be called through. */
const gone = () => ({ targets: [{ provider_key_id: randomUUID() }] });

describe("automatic", () => {
  test("config.state · a new workspace publishes automatically and has version 1, without anything unpublished", async () => {
    expect(await workspace.state()).toMatchObject({
      publishing: "automatic",
      published: { version: 1, published_by: { id: workspace.person.user_id, name: "Test User" } },
      unpublished: { routes: [], policies: [] },
      problems: [],
      warnings: [],
    });
  });

  test("routes.create · a broken route is saved, nothing is published, and answer and state say why", async () => {
    const route = await workspace.addRoute("broken", gone());
    expect(route.publication).toMatchObject({
      kind: "blocked",
      version: 1,
      problems: [{ kind: "provider_key_missing", route_id: route.id, field: "targets.0.provider_key_id" }],
    });
    const state = await workspace.state();
    expect(state).toMatchObject({
      published: { version: 1 },
      unpublished: { routes: [{ kind: "added", id: route.id, name: "broken" }] },
      problems: route.publication.problems,
    });
    const good = await workspace.addRoute("good");
    expect(good.publication).toMatchObject({ kind: "blocked", version: 1 });
    const { data } = await workspace.call<ChangedRoute>("PUT", `/routes/${route.id}`, {
      targets: [{ provider_key_id: workspace.key }],
    });
    expect(data.publication).toMatchObject({ kind: "published", version: 2, problems: [] });
    expect((await workspace.readVersion(2)).data.snapshot.routes).toHaveLength(2);
  });

  test("routes.create · a route that nobody can reach is published with a warning", async () => {
    await workspace.addRoute("all", { match: { models: ["*"] } });
    const { publication } = await workspace.addRoute("never");
    expect(publication).toMatchObject({ kind: "published", warnings: [{ kind: "route_shadowed" }] });
  });

  test("providers.remove · says which routes named the key; they stay published, and the draft is blocked", async () => {
    const key = await workspace.addKey({ name: "Second" });
    const route = await workspace.addRoute("r", { targets: [{ provider_key_id: key }] });
    const removed = await workspace.call<{ routes: RouteUse[] }>("DELETE", `/providers/${key}`);
    expect(removed.data.routes).toEqual([{ route_id: route.id, name: "r", published: true, draft: true }]);
    expect(await workspace.state()).toMatchObject({
      published: { version: 2 },
      unpublished: { routes: [], policies: [] },
      problems: [{ kind: "provider_key_missing", route_id: route.id }],
    });
    expect((await workspace.addRoute("other")).publication.kind).toBe("blocked");
  });

  test("providers.update · a disabled key is a warning, and the next change is published all the same", async () => {
    await workspace.addRoute("r");
    await workspace.call("PUT", `/providers/${workspace.key}`, { enabled: false });
    const { publication } = await workspace.addRoute("s");
    expect(publication).toMatchObject({ kind: "published", version: 3 });
    expect(publication.warnings.map(({ kind }) => kind)).toEqual([
      "provider_key_disabled",
      "provider_key_disabled",
    ]);
  });
});

describe("manual", () => {
  test("config.publish · what was changed waits until somebody publishes it, with the person and the note", async () => {
    expect((await workspace.setMode("manual")).data).toMatchObject({
      publishing: "manual",
      publication: { kind: "unchanged" },
    });
    const route = await workspace.addRoute("waiting");
    expect(route.publication).toMatchObject({ kind: "waiting", version: 1 });
    expect((await workspace.state()).unpublished.routes).toMatchObject([{ kind: "added", id: route.id }]);
    expect((await workspace.publish({ note: "For the launch" })).data).toMatchObject({
      kind: "published",
      version: 2,
    });
    expect((await history()).data.items[0]).toMatchObject({
      version: 2,
      note: "For the launch",
      published_by: { id: workspace.person.user_id },
    });
    expect((await workspace.publish()).data).toMatchObject({ kind: "unchanged", version: 2 });
    expect(await workspace.latest()).toBe(2);
  });

  test("config.publish · 409 for a broken draft, with every problem, and nothing is published", async () => {
    await workspace.setMode("manual");
    const broken = await workspace.addRoute("a", gone());
    await workspace.addRoute("a", { match: { models: ["**"] } });
    expect(broken.publication.kind).toBe("blocked");
    const answer = await workspace.publish();
    expect(answer.status).toBe(409);
    expect(answer.error.code).toBe("draft_invalid");
    expect(answer.error.details).toMatchObject({
      problems: [{ kind: "name_taken" }, { kind: "pattern_invalid" }, { kind: "provider_key_missing" }],
    });
    expect(await workspace.latest()).toBe(1);
  });

  test("config.publish · 409 when the draft is not the one that was looked at", async () => {
    await workspace.setMode("manual");
    await workspace.addRoute("a");
    const { draft_checksum: expected_checksum } = await workspace.state();
    await workspace.addRoute("b");
    expect((await workspace.publish({ expected_checksum })).error.code).toBe("conflict");
    const seen = await workspace.state();
    expect((await workspace.publish({ expected_checksum: seen.draft_checksum })).data).toMatchObject({
      kind: "published",
    });
    expect((await workspace.state()).published?.checksum).toBe(seen.draft_checksum);
  });

  test("config.update · going back to automatic publishes what waits", async () => {
    await workspace.setMode("manual");
    await workspace.addRoute("waiting");
    const { data } = await workspace.setMode("automatic");
    expect(data).toMatchObject({
      publishing: "automatic",
      published: { version: 2 },
      unpublished: { routes: [] },
      publication: { kind: "published", version: 2 },
    });
  });
});

describe("concurrency", () => {
  test("config.publish · twenty at once publish one draft once", async () => {
    await workspace.setMode("manual");
    await workspace.addRoute("r");
    const answers = await Promise.all(Array.from({ length: 20 }, () => workspace.publish()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.filter(({ data }) => data.kind === "published")).toHaveLength(1);
    expect(answers.every(({ data }) => data.version === 2)).toBe(true);
    expect(await workspace.latest()).toBe(2);
  });

  test("routes.update · twenty changes at once give twenty consecutive versions, and the last one has them all", async () => {
    const routes: ChangedRoute[] = [];
    for (let index = 0; index < 5; index++) routes.push(await workspace.addRoute(`r${index}`));
    const changes = Array.from({ length: 20 }, (_, index) => {
      const field = ["name", "strategy", "targets", "match"][Math.floor(index / 5)] ?? "";
      const values: Record<string, unknown> = {
        name: `changed ${index % 5}`,
        strategy: "weighted",
        targets: [{ provider_key_id: workspace.key, weight: 9 }],
        match: { models: [`m${index % 5}`] },
      };
      return workspace.call<ChangedRoute>("PUT", `/routes/${routes[index % 5]?.id}`, {
        [field]: values[field],
      });
    });
    const versions = (await Promise.all(changes)).map(({ data }) => data.publication.version ?? 0);
    expect(versions.sort((left, right) => left - right)).toEqual(versions.map((_, index) => 7 + index));
    const { snapshot } = (await workspace.readVersion(26)).data;
    for (const [index, route] of snapshot.routes.entries()) {
      expect(route).toMatchObject({
        name: `changed ${index}`,
        strategy: "weighted",
        targets: [{ weight: 9 }],
        match: { models: [`m${index}`] },
      });
    }
  });

  test("providers.reorder · two opposite orders at once both succeed, and one of them stands", async () => {
    const { key, addKey, call } = await createPublishingWorkspace(control);
    const order = [key, await addKey({ name: "b" }), await addKey({ name: "c" })];
    const orders = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? order : order.toReversed()));
    const answers = await Promise.all(
      orders.map((provider_key_ids) => call("PUT", "/providers/order", { provider_key_ids })),
    );
    expect(answers.map(({ status }) => status)).toEqual(orders.map(() => 200));
    const { data } = await call<{ items: { id: string }[] }>("GET", "/providers");
    expect([order, order.toReversed()]).toContainEqual(data.items.map(({ id }) => id));
  });

  test("providers.remove · against publications of a route that names the key, none is published after it is gone", async () => {
    const key = await workspace.addKey({ name: "Contended" });
    const route = await workspace.addRoute("r", { targets: [{ provider_key_id: key }] });
    const [removal, ...changes] = await Promise.all([
      workspace.call<{ routes: RouteUse[] }>("DELETE", `/providers/${key}`),
      ...["a", "b", "c", "d"].map((name) =>
        workspace.call<ChangedRoute>("PUT", `/routes/${route.id}`, { name }),
      ),
    ]);
    expect(removal.status).toBe(200);
    const published = changes.filter(({ data }) => data.publication.kind === "published").length;
    expect(changes.filter(({ data }) => data.publication.kind === "blocked")).toHaveLength(4 - published);
    expect(await workspace.latest()).toBe(2 + published);
  });
});

describe("history", () => {
  test("config.history · newest first, in pages", async () => {
    for (const name of ["a", "b", "c"]) await workspace.addRoute(name);
    const first = await history("?limit=3");
    expect(first.data.items.map(({ version, note }) => [version, note])).toEqual([
      [4, 'Route "c" created.'],
      [3, 'Route "b" created.'],
      [2, 'Route "a" created.'],
    ]);
    const second = await history(`?limit=3&before=${first.data.next_before}`);
    expect(second.data).toMatchObject({ items: [{ version: 1 }], next_before: null });
  });

  test("config.diff · between any two versions and with the draft", async () => {
    const route = await workspace.addRoute("a");
    await workspace.call("PUT", `/routes/${route.id}`, { strategy: "least-latency" });
    await workspace.setMode("manual");
    await workspace.addRoute("b");
    const changed = [{ field: "strategy", before: "priority", after: "least-latency" }];
    expect((await workspace.diff(2, 3)).data.routes).toMatchObject([
      { kind: "changed", name: "a", fields: changed },
    ]);
    expect((await workspace.diff(3, 1)).data.routes).toMatchObject([{ kind: "removed", name: "a" }]);
    expect((await workspace.diff(3, "draft")).data.routes).toMatchObject([{ kind: "added", name: "b" }]);
    expect((await workspace.diff(3, 9)).status).toBe(404);
    expect((await workspace.diff("latest", 3)).status).toBe(400);
  });

  test("config.get · 404 for a version that is not there, 400 for what is no version", async () => {
    expect((await workspace.readVersion(2)).status).toBe(404);
    expect((await workspace.call("GET", "/config/versions/first")).status).toBe(400);
    expect((await workspace.call("GET", "/config/versions/2147483648")).status).toBe(400);
  });
});
