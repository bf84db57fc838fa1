import type { RouteExplanation } from "@perpetuo/contracts/api/routes";
import { expect } from "vitest";
import { chat, createGatewayClient, headerOf } from "../harness/gateway-client.ts";
import { createRoute } from "../harness/routes.ts";
import type { Stack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";
import { createPublisher } from "./publishing.ts";

/** Requests that meet every kind of match: by name, by pattern, by metadata, and by none. */
const requests: { model: string; metadata: Record<string, string> }[] = [
  { model: "plain", metadata: {} },
  { model: "team-a", metadata: {} },
  { model: "conditional", metadata: { tier: "gold" } },
  { model: "conditional", metadata: { tier: "free" } },
  { model: "mock?chunks=1", metadata: {} },
];

/** What `routes.explain` says of a request is what the gateway's own dry run says of it. */
export async function checkThatControlExplainsAsTheGatewayPlans(stack: Stack): Promise<void> {
  const { user, providerKeyId } = await createPublisher(stack);
  const other = await user.post<{ id: string }>("/providers", {
    provider: "mock",
    api_key: "sk-test-1111",
    priority: 2,
  });
  const targets = [
    { provider_key_id: other.id, upstream_model: "mock?chunks=1" },
    { provider_key_id: providerKeyId, upstream_model: "mock?chunks=2" },
  ];
  await createRoute(user, { name: "Plain", match: { models: ["plain"] }, targets });
  await createRoute(user, { name: "Teams", match: { models: ["team-*"] }, targets: targets.toReversed() });
  const gold = { models: ["conditional"], metadata: { tier: ["gold"] } };
  // Nothing is drawn in any of them: two draws need not agree.
  const { publication } = await createRoute(user, { name: "Gold", match: gold, targets });
  await using client = createGatewayClient(stack.proxyUrl, 1);
  await waitUntil(
    async () => {
      const answer = await client.call({ apiKey: user.apiKey, body: chat("mock?chunks=1") });
      return headerOf(answer.headers, "x-perpetuo-config-version") === String(publication.version)
        ? true
        : null;
    },
    { what: "the gateway to obey all routes", timeoutMs: 10_000 },
  );
  for (const { model, metadata } of requests) {
    const headers = { "x-perpetuo-explain": "1", "x-perpetuo-metadata": JSON.stringify(metadata) };
    const answer = await client.call({ apiKey: user.apiKey, body: chat(model), headers });
    const planned = JSON.parse(answer.body.toString());
    const explained = await user.post<RouteExplanation>("/routes/explain", { model, metadata });
    const withoutName = explained.targets.map(({ provider_key_name: _name, ...target }) => target);
    expect(withoutName).toEqual(planned.targets);
    expect(explained.route_id).toBe(planned.route_id);
    expect(explained.config_version).toBe(planned.config_version);
    expect(explained.routes).toEqual(
      planned.routes.map(({ strategy: _strategy, ...route }: { strategy: string }) => route),
    );
  }
}
