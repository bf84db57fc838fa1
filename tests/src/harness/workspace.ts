import { randomUUID } from "node:crypto";
import type { Limits } from "@perpetuo/contracts/limits";
import type { ProviderName } from "@perpetuo/contracts/providers";
import { type ConfigSnapshot, configSnapshotSchema } from "@perpetuo/contracts/routing";
import { type Database, withDatabase } from "@perpetuo/database/connection";
import { generateApiKey } from "@perpetuo/security/api-key";
import { createDataKey, sealProviderKey } from "@perpetuo/security/envelope";
import { parseMasterKeyring } from "@perpetuo/security/master-key";
import type { z } from "zod";

export type ProviderKeyPlan = {
  provider?: ProviderName;
  secret?: string;
  base_url?: string | null;
  models?: string[] | null;
  priority?: number;
  enabled?: boolean;
};

export type ApiKeyPlan = { limits?: Limits; models?: string[] | null; expires_at?: string | null };

/** What is published for a workspace: its routes and policies. */
export type SnapshotPlan = Omit<z.input<typeof configSnapshotSchema>, "format">;

/** Micro-dollars for a million tokens. */
export type PricePlan = { provider: ProviderName; model: string; input: number; output: number };

/** Prices at which a token of these models, in or out, costs a micro-dollar. */
export function unitPrices(...models: string[]): PricePlan[] {
  return models.map((model) => ({ provider: "mock", model, input: 1_000_000, output: 1_000_000 }));
}

export type WorkspacePlan = {
  /** Absent: one key for the mock provider, which takes any model name. */
  providerKeys?: ProviderKeyPlan[];
  /** Absent: one key without limits. */
  apiKeys?: ApiKeyPlan[];
  /** Absent: nothing is routed. */
  snapshot?: (providerKeyIds: string[]) => SnapshotPlan;
  prices?: PricePlan[];
};

export type TestApiKey = { id: string; text: string };
export type TestWorkspace = {
  id: string;
  /** The text of the first API key. */
  apiKey: string;
  apiKeys: TestApiKey[];
  providerKeyIds: string[];
};

/** Where workspaces are made, and the master key that the services were started with. */
export type WorkspaceHome = { administratorUrl: string; masterKey: string };

/** Makes a workspace by writing its rows, so that tests of the gateway need no control plane. */
export async function createWorkspace(home: WorkspaceHome, plan: WorkspacePlan = {}): Promise<TestWorkspace> {
  return withDatabase(
    home.administratorUrl,
    { max: 1, applicationName: "perpetuo-test" },
    async (database) => {
      const { sql } = database;
      const id = randomUUID();
      await sql`insert into workspaces (id, slug, name) values (${id}, ${id}, 'Test workspace')`;
      const providerKeyIds = await addProviderKeys(database, { home, id, plans: plan.providerKeys ?? [{}] });
      const routing = plan.snapshot?.(providerKeyIds) ?? { routes: [], policies: [] };
      await publish(database, id, configSnapshotSchema.parse({ format: 1, ...routing }));
      await addPrices(database, id, plan.prices ?? []);
      const apiKeys = await addApiKeys(database, id, plan.apiKeys ?? [{}]);
      return { id, apiKey: apiKeys[0]?.text ?? "", apiKeys, providerKeyIds };
    },
  );
}

async function publish({ sql }: Database, id: string, snapshot: ConfigSnapshot): Promise<void> {
  await sql`insert into config_versions (workspace_id, version, snapshot, checksum)
            values (${id}, 1, ${JSON.stringify(snapshot)}::jsonb, 'test')`;
}

async function addPrices({ sql }: Database, id: string, plans: PricePlan[]): Promise<void> {
  const rows = plans.map(({ provider, model, input, output }) => ({
    workspace_id: id,
    provider,
    model,
    input_micros_per_million: input,
    output_micros_per_million: output,
  }));
  if (rows.length > 0) await sql`insert into model_price_overrides ${sql(rows)}`;
}

async function addProviderKeys(
  { sql }: Database,
  { home, id, plans }: { home: WorkspaceHome; id: string; plans: ProviderKeyPlan[] },
): Promise<string[]> {
  const keyring = parseMasterKeyring({ current: home.masterKey, previous: "" });
  const { plain, ...dataKey } = createDataKey(id, keyring);
  await sql`insert into data_keys ${sql(dataKey)}`;
  const ids: string[] = [];
  for (const [index, plan] of plans.entries()) {
    const { provider = "mock", secret = "sk-test-0000", base_url = null, models = null } = plan;
    const providerKeyId = randomUUID();
    const context = { workspace_id: id, provider_key_id: providerKeyId, provider, base_url };
    await sql`insert into provider_keys ${sql({
      workspace_id: id,
      id: providerKeyId,
      provider,
      name: `${provider} ${index + 1}`,
      ciphertext: sealProviderKey({ dataKey: plain, context, secret }),
      key_id: dataKey.key_id,
      last_four: secret.slice(-4),
      base_url,
      models: arrayLiteral(models),
      priority: plan.priority ?? index + 1,
      enabled: plan.enabled ?? true,
    })}`;
    ids.push(providerKeyId);
  }
  return ids;
}

async function addApiKeys({ sql }: Database, id: string, plans: ApiKeyPlan[]): Promise<TestApiKey[]> {
  const keys = plans.map((plan) => ({ plan, id: randomUUID(), ...generateApiKey() }));
  const rows = keys.map(({ plan, ...key }) => ({
    workspace_id: id,
    id: key.id,
    name: "test",
    prefix: key.prefix,
    key_hash: key.hash,
    models: arrayLiteral(plan.models ?? null),
    limits: JSON.stringify(plan.limits ?? {}),
    expires_at: plan.expires_at ?? null,
  }));
  if (rows.length > 0) await sql`insert into api_keys ${sql(rows)}`;
  return keys.map(({ id: keyId, text }) => ({ id: keyId, text }));
}

/** PostgreSQL's text form of an array, which is how the driver wants one here. */
function arrayLiteral(values: string[] | null): string | null {
  return values === null ? null : `{${values.map((value) => JSON.stringify(value)).join(",")}}`;
}

/** Revokes an API key in the database; its triggers tell the proxy. */
export async function revokeApiKey(home: WorkspaceHome, apiKeyId: string): Promise<void> {
  await withDatabase(home.administratorUrl, { max: 1, applicationName: "perpetuo-test" }, async ({ sql }) => {
    await sql`update api_keys set revoked_at = now() where id = ${apiKeyId}`;
  });
}
