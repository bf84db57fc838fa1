import { randomUUID } from "node:crypto";
import type { PolicyConfig, RouteConfig } from "@perpetuo/contracts/routing";
import { expect } from "vitest";
import type { FailingUpstream } from "../harness/failing-upstream.ts";
import { chat, type GatewayAnswer, type GatewayClient, requestIdOf } from "../harness/gateway-client.ts";
import type { RequestRow } from "../harness/request-rows.ts";
import type { Stack } from "../harness/stack.ts";
import type { SnapshotPlan, TestWorkspace, WorkspacePlan } from "../harness/workspace.ts";

/** One system for all scenarios. */
export type RoutingWorld = { stack: Stack; upstream: FailingUpstream; client: GatewayClient };

/** A provider key that speaks Anthropic's wire to the mock provider. */
export function anthropicKey({ stack }: RoutingWorld) {
  return { provider: "anthropic" as const, base_url: `${stack.mockUrl}/v1` };
}

/** A target by the place of its provider key in the workspace's list. */
export type TargetPlan = {
  key: number;
  model?: string;
  weight?: number;
  timeouts?: RouteConfig["targets"][number]["timeouts"];
};

export type RoutePlan = {
  models: string[];
  metadata?: Record<string, string[]>;
  strategy?: RouteConfig["strategy"];
  targets: TargetPlan[];
  policy?: Partial<Omit<PolicyConfig, "policy_id" | "name">>;
};

/** A workspace whose published routes are these, in this order, and their ids. */
export async function routedWorkspace(
  stack: Stack,
  { routes, ...plan }: Omit<WorkspacePlan, "snapshot"> & { routes: RoutePlan[] },
): Promise<TestWorkspace & { routeIds: string[] }> {
  const routeIds = routes.map(() => randomUUID());
  const snapshot = (keyIds: string[]) => snapshotOf(routes, { routeIds, keyIds });
  const workspace = await stack.createWorkspace({ ...plan, snapshot });
  return { ...workspace, routeIds };
}

function snapshotOf(
  plans: RoutePlan[],
  { routeIds, keyIds }: { routeIds: string[]; keyIds: string[] },
): SnapshotPlan {
  const policies = plans.map(({ policy }, index) => ({
    policy_id: randomUUID(),
    name: `Policy ${index + 1}`,
    timeouts: {},
    max_attempts: null,
    max_output_tokens: null,
    stickiness: "off" as const,
    ...policy,
  }));
  const routes = plans.map(({ models, metadata = {}, strategy = "priority", targets }, index) => ({
    route_id: routeIds[index] ?? "",
    name: `Route ${index + 1}`,
    match: { models, metadata },
    strategy,
    targets: targets.map(({ key, model = null, ...target }) => ({
      // A key beyond the list is one that the workspace does not have any more.
      provider_key_id: keyIds[key] ?? randomUUID(),
      upstream_model: model,
      ...target,
    })),
    policy_id: policies[index]?.policy_id ?? null,
  }));
  return { routes, policies };
}

export type Asked = { answer: GatewayAnswer; row: RequestRow };

/** Asks once and waits for the row. */
export async function ask(
  { stack, client }: Pick<RoutingWorld, "stack" | "client">,
  { apiKey }: Pick<TestWorkspace, "apiKey">,
  request: { model: string; body?: object; headers?: Record<string, string> },
): Promise<Asked> {
  const { model, body = {}, headers = {} } = request;
  const answer = await client.call({ apiKey, body: chat(model, body), headers });
  return { answer, row: await stack.rows.find(requestIdOf(answer)) };
}

/** What the gateway would do, without doing it. */
export type Explanation = {
  route_id: string | null;
  routes: { name: string; verdict: string; reason: string }[];
  targets: { provider_key_id: string; upstream_model: string }[];
  candidates: { verdict: string; reason: string }[];
};

export async function explain(
  client: GatewayClient,
  { apiKey }: Pick<TestWorkspace, "apiKey">,
  body: object,
): Promise<Explanation> {
  const answer = await client.call({ apiKey, body, headers: { "x-perpetuo-explain": "1" } });
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body.toString()) as Explanation;
}

export const reasonsOf = ({ plan }: RequestRow): string[] => plan.map(({ reason }) => reason);
