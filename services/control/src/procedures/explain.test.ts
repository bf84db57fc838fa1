import { randomUUID } from "node:crypto";
import type { RouteExplanation } from "@perpetuo/contracts/api/routes";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestControl, type TestControl } from "../test-control.ts";
import { createPublishingWorkspace, type PublishingWorkspace } from "./publishing.test-fixture.ts";

let control: TestControl;
let workspace: PublishingWorkspace;

beforeAll(async () => {
  control = await startTestControl();
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  workspace = await createPublishingWorkspace(control);
});

const explain = (request: object) =>
  workspace.call<RouteExplanation>("POST", "/routes/explain", { model: "chat", ...request });

test("routes.explain · every route says why it answers or not, and every candidate why it is asked or not", async () => {
  const spare = await workspace.addKey({ name: "Spare", enabled: false });
  const targets = [
    { provider_key_id: spare, upstream_model: "gpt-4" },
    { provider_key_id: workspace.key, upstream_model: "gpt-4o" },
  ];
  await workspace.addRoute("Other", { match: { models: ["gpt-*"] } });
  await workspace.addRoute("Gold", { match: { models: ["chat"], metadata: { tier: ["gold"] } }, targets });
  const chat = await workspace.addRoute("Chat", { match: { models: ["chat"] }, targets });
  await workspace.addRoute("Late", { match: { models: ["*"] } });
  const { data } = await explain({ metadata: { tier: "free" } });
  expect(data).toMatchObject({ config_version: 5, api_key: null, route_id: chat.id, policy: null });
  expect(data.routes.map(({ name, verdict }) => [name, verdict])).toEqual([
    ["Other", "does-not-fit"],
    ["Gold", "does-not-fit"],
    ["Chat", "answers"],
    ["Late", "shadowed"],
  ]);
  expect(data.routes.every(({ reason }) => reason.length > 0)).toBe(true);
  expect(data.targets).toEqual([
    {
      provider_key_id: workspace.key,
      provider_key_name: "openai",
      provider: "openai",
      upstream_model: "gpt-4o",
    },
  ]);
  expect(data.candidates).toMatchObject([
    { provider_key_id: spare, provider_key_name: "Spare", provider: null, verdict: "skipped" },
    { provider_key_id: workspace.key, verdict: "target" },
  ]);
  expect((await explain({ metadata: { tier: "gold" } })).data.routes[1]?.verdict).toBe("answers");
});

test("routes.explain · without a fitting route, the provider keys that serve the model", async () => {
  const { data } = await explain({ model: "gpt-4" });
  expect(data).toMatchObject({ config_version: 1, route_id: null, routes: [] });
  expect(data.targets).toMatchObject([{ provider_key_id: workspace.key, upstream_model: "gpt-4" }]);
  expect((await explain({ model: "no-such-model" })).data).toMatchObject({
    targets: [],
    candidates: [{ verdict: "skipped" }],
  });
});

test("routes.explain · by an older version, and by the draft with its disabled routes", async () => {
  const first = await workspace.addRoute("First", { match: { models: ["chat"] } });
  await workspace.setMode("manual");
  const second = await workspace.addRoute("Second", { match: { models: ["chat"] } });
  await workspace.call("PUT", `/routes/${first.id}`, { enabled: false });
  expect((await explain({})).data).toMatchObject({ config_version: 2, route_id: first.id });
  expect((await explain({ config: 1 })).data).toMatchObject({
    config_version: 1,
    route_id: null,
    routes: [],
  });
  const { data } = await explain({ config: "draft" });
  expect(data).toMatchObject({ config_version: null, route_id: second.id });
  expect(data.routes.map(({ name, verdict }) => [name, verdict])).toEqual([
    ["First", "disabled"],
    ["Second", "answers"],
  ]);
});

test("routes.explain · a published route whose provider key was removed says so", async () => {
  const key = await workspace.addKey({ name: "Gone" });
  await workspace.addRoute("r", { match: { models: ["chat"] }, targets: [{ provider_key_id: key }] });
  await workspace.call("DELETE", `/providers/${key}`);
  const { data } = await explain({});
  expect(data.targets).toEqual([]);
  expect(data.candidates).toMatchObject([
    { provider_key_id: key, provider_key_name: null, provider: null, verdict: "skipped" },
  ]);
});

test("routes.explain · whether an API key would be admitted", async () => {
  const addKey = async (body: object) =>
    (await workspace.call<{ id: string }>("POST", "/api-keys", { name: "k", ...body })).data.id;
  const verdictOf = async (api_key_id: string) => (await explain({ api_key_id })).data.api_key;
  expect(await verdictOf(await addKey({}))).toMatchObject({ name: "k", verdict: "admitted" });
  const limited = await verdictOf(await addKey({ models: ["gpt-4"] }));
  expect(limited).toMatchObject({ verdict: "refused", reason: "the key is limited to other models" });
  const unscoped = await verdictOf(await addKey({ scopes: ["reports:read"] }));
  expect(unscoped).toMatchObject({ verdict: "refused", reason: "the key lacks the scope 'gateway'" });
  const revoked = await addKey({});
  await workspace.call("POST", `/api-keys/${revoked}/revoke`);
  expect(await verdictOf(revoked)).toMatchObject({ verdict: "refused", reason: "the key is revoked" });
});

test("routes.explain · 404 for an API key or a version that is not there, 400 without a model", async () => {
  expect((await explain({ api_key_id: randomUUID() })).status).toBe(404);
  expect((await explain({ config: 7 })).status).toBe(404);
  expect((await explain({ model: "" })).status).toBe(400);
});
