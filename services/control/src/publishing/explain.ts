import type { explainRouteInput, RouteExplanation } from "@perpetuo/contracts/api/routes";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ProviderKeyConfig } from "@perpetuo/contracts/gateway-config";
import type { ConfigSnapshot } from "@perpetuo/contracts/routing";
import type { PricedModel } from "@perpetuo/contracts/usage";
import { type ApiKeyRow, findApiKeyRecord } from "@perpetuo/database/queries/control/api-keys";
import { findLatestConfigVersion } from "@perpetuo/database/queries/control/config-versions";
import { listProviderKeys, type ProviderKeyRow } from "@perpetuo/database/queries/control/provider-keys";
import { listRoutes } from "@perpetuo/database/queries/control/routes";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { type CompiledConfig, compileConfig } from "@perpetuo/gateway/compiled-config";
import { explainRequest } from "@perpetuo/gateway/routing/explain-routes";
import type { z } from "zod";
import { openSnapshot, readSnapshot } from "./stored-version.ts";

type Request = z.infer<typeof explainRouteInput>;
type ExplainedRoute = RouteExplanation["routes"][number];

/**
 * Plans a request as the data plane would, by the same code, and calls nobody.
 * @throws {PerpetuoError} `not_found` for an API key or a version that is not there.
 */
export async function explainRequestOf(
  transaction: Transaction,
  request: Request,
  { prices, now }: { prices: PricedModel[]; now: Date },
): Promise<RouteExplanation> {
  const { workspace_id, model, operation, metadata } = request;
  const { version, snapshot } = await readConfig(transaction, request);
  const keys = await listProviderKeys(transaction, workspace_id);
  const names = new Map(keys.map(({ id, name }) => [id, name]));
  const config = compile({ workspace_id, version, snapshot, keys, prices });
  const explained = explainRequest({ model, operation, metadata }, config);
  const withName = <TTarget extends { provider_key_id: string }>(target: TTarget) => ({
    ...target,
    provider_key_name: names.get(target.provider_key_id) ?? null,
  });
  const routes = explained.routes.map(({ route_id, name, verdict, reason }) => ({
    route_id,
    name,
    verdict,
    reason,
  }));
  return {
    config_version: version,
    api_key: await judgeApiKey(transaction, request, now),
    route_id: explained.route_id,
    policy: explained.policy,
    routes: version === null ? await withDisabled(transaction, workspace_id, routes) : routes,
    targets: explained.targets.map(withName),
    candidates: explained.candidates.map(withName),
  };
}

async function readConfig(
  transaction: Transaction,
  { workspace_id, config }: Request,
): Promise<{ version: number | null; snapshot: ConfigSnapshot }> {
  if (config !== undefined) {
    const snapshot = await readSnapshot(transaction, { workspace_id, reference: config });
    return { version: config === "draft" ? null : config, snapshot };
  }
  const latest = await findLatestConfigVersion(transaction, workspace_id);
  if (latest === null) return { version: 0, snapshot: { format: 1, routes: [], policies: [] } };
  return { version: latest.version, snapshot: openSnapshot(latest) };
}

/** A config as the data plane reads it, without the credentials, which no plan looks at. */
function compile(parts: {
  workspace_id: string;
  version: number | null;
  snapshot: ConfigSnapshot;
  keys: ProviderKeyRow[];
  prices: PricedModel[];
}): CompiledConfig {
  const { workspace_id, version, snapshot, keys, prices } = parts;
  return compileConfig({
    workspace_id,
    config_version: version ?? 0,
    snapshot,
    provider_keys: keys.filter(({ enabled }) => enabled).map((key) => toConfig(key, workspace_id)),
    data_keys: [],
    prices,
    limits: {},
    spent: null,
  });
}

function toConfig(key: ProviderKeyRow, workspace_id: string): ProviderKeyConfig {
  const { id, provider, name, base_url, models, priority, weight } = key;
  const unsealed = { ciphertext: "", key_id: "" };
  return {
    provider_key_id: id,
    workspace_id,
    provider,
    name,
    ...unsealed,
    base_url,
    models,
    priority,
    weight,
  };
}

/** The draft's disabled routes among those that were looked at, each in its place. */
async function withDisabled(
  transaction: Transaction,
  workspaceId: string,
  explained: ExplainedRoute[],
): Promise<ExplainedRoute[]> {
  const byId = new Map(explained.map((route) => [route.route_id, route]));
  const draft = await listRoutes(transaction, workspaceId);
  return draft.map(
    ({ id, name }) => byId.get(id) ?? { route_id: id, name, verdict: "disabled", reason: "it is disabled" },
  );
}

async function judgeApiKey(
  transaction: Transaction,
  { workspace_id, api_key_id, model }: Request,
  now: Date,
): Promise<RouteExplanation["api_key"]> {
  if (api_key_id === undefined) return null;
  const key = await findApiKeyRecord(transaction, { workspace_id, id: api_key_id });
  if (key === null) throw new PerpetuoError("not_found", { message: "There is no such API key." });
  const obstacle = obstacleOf(key, model, now);
  const named = { id: key.id, name: key.name };
  return obstacle === null
    ? { ...named, verdict: "admitted", reason: "the key may ask for the model" }
    : { ...named, verdict: "refused", reason: obstacle };
}

/** Why the gateway would refuse the key, whatever its limits have left; null when it would not. */
function obstacleOf(
  { revoked_at, expires_at, scopes, models }: ApiKeyRow,
  model: string,
  now: Date,
): string | null {
  if (revoked_at !== null && revoked_at <= now) return "the key is revoked";
  if (expires_at !== null && expires_at <= now) return "the key has expired";
  if (!scopes.includes("gateway")) return "the key lacks the scope 'gateway'";
  if (models !== null && !models.includes(model)) return "the key is limited to other models";
  return null;
}
