import type { ConfigState } from "@perpetuo/contracts/api/config";
import { expect } from "vitest";
import type { ControlUser } from "../harness/control-api.ts";
import { chat, createGatewayClient, headerOf } from "../harness/gateway-client.ts";
import { createRoute, updateRoute } from "../harness/routes.ts";
import type { Stack } from "../harness/stack.ts";
import { createPublisher } from "./publishing.ts";

const alias = "steady";

/**
 * Breaks the draft of a workspace that is being served. Neither the change nor anybody's wish publishes it: requests go
 * on by the version before it, until the draft is mended.
 */
export async function checkThatABrokenDraftStaysADraft(stack: Stack): Promise<void> {
  const { user, providerKeyId } = await createPublisher(stack);
  const good = [{ provider_key_id: providerKeyId, upstream_model: "mock?chunks=1" }];
  const route = await createRoute(user, { name: alias, match: { models: [alias] }, targets: good });
  const gone = crypto.randomUUID();
  const broken = await updateRoute(user, route.id, {
    targets: [{ provider_key_id: gone, upstream_model: "mock?status=500" }],
  });
  expect(broken.publication).toMatchObject({
    kind: "blocked",
    version: 2,
    problems: [{ kind: "provider_key_missing", route_id: route.id, field: "targets.0.provider_key_id" }],
  });
  await expect(user.post("/config/publish")).rejects.toThrow("draft_invalid");
  expect(await user.get<ConfigState>("/config")).toMatchObject({
    published: { version: 2 },
    unpublished: { routes: [{ kind: "changed", id: route.id }] },
  });
  expect(await servedBy(stack, user)).toEqual({ status: 200, version: "2", model: "mock?chunks=1" });
  const mended = await updateRoute(user, route.id, {
    targets: [{ provider_key_id: providerKeyId, upstream_model: "mock?chunks=2" }],
  });
  expect(mended.publication).toMatchObject({ kind: "published", version: 3, problems: [] });
}

async function servedBy(stack: Stack, user: ControlUser) {
  await using client = createGatewayClient(stack.proxyUrl, 1);
  const { status, headers } = await client.call({ apiKey: user.apiKey, body: chat(alias) });
  const version = headerOf(headers, "x-perpetuo-config-version");
  return { status, version, model: headerOf(headers, "x-perpetuo-model") };
}
