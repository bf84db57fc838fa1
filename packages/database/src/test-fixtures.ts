import { createHash, randomUUID } from "node:crypto";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import type { Database } from "./connection.ts";
import { users } from "./schema/accounts.ts";
import { configVersions } from "./schema/config-versions.ts";
import { invites } from "./schema/invites.ts";
import { apiKeys, dataKeys, providerKeys } from "./schema/keys.ts";
import { modelPriceOverrides } from "./schema/prices.ts";
import { policies, routes } from "./schema/routes.ts";
import { memberships, workspaceProfiles, workspaces } from "./schema/workspaces.ts";
import { inWorkspace, type Transaction } from "./workspace-transaction.ts";

/** Ids of a workspace that has one row of everything that a person creates. The secrets in it are no real ones. */
export type WorkspaceFixture = {
  workspace_id: string;
  user_id: string;
  api_key_id: string;
  /** SHA-256 (hex) of the API key's text. */
  key_hash: string;
  provider_key_id: string;
  data_key_id: string;
};

/** Creates a workspace with an owner, as the control role does. For tests. */
export async function createWorkspaceFixture(control: Database): Promise<WorkspaceFixture> {
  const fixture: WorkspaceFixture = {
    workspace_id: randomUUID(),
    user_id: randomUUID(),
    api_key_id: randomUUID(),
    key_hash: createHash("sha256").update(randomUUID()).digest("hex"),
    provider_key_id: randomUUID(),
    data_key_id: randomUUID(),
  };
  const { workspace_id, user_id } = fixture;
  await control.orm
    .insert(users)
    .values({ id: user_id, email: `${user_id}@example.com`, name: "Ada", password_hash: "$argon2id$secret" });
  await inWorkspace(control, { workspace_id, user_id }, async (transaction) => {
    const created_by = user_id;
    await transaction
      .insert(workspaces)
      .values({ id: workspace_id, slug: workspace_id, name: "Ada's", created_by });
    await transaction.insert(workspaceProfiles).values({ workspace_id, mission: "Answer" });
    await transaction.insert(memberships).values({ workspace_id, user_id, role: "owner" });
    await transaction.insert(invites).values({
      workspace_id,
      email: "invited@example.com",
      role: "member",
      token_hash: createHash("sha256").update(randomUUID()).digest("hex"),
      invited_by: user_id,
      expires_at: new Date(Date.now() + 60_000),
    });
    await transaction.insert(dataKeys).values({
      workspace_id,
      key_id: fixture.data_key_id,
      wrapped_key: "wrapped-secret",
      master_key_id: "0123456789abcdef",
    });
    await transaction.insert(providerKeys).values({
      workspace_id,
      id: fixture.provider_key_id,
      provider: "openai",
      name: "Main",
      ciphertext: "sealed-secret",
      key_id: fixture.data_key_id,
      last_four: "9xyz",
      created_by,
    });
    await transaction.insert(apiKeys).values({
      workspace_id,
      id: fixture.api_key_id,
      name: "Backend",
      prefix: "pk_01234567",
      key_hash: fixture.key_hash,
      created_by,
    });
    await insertDraft(transaction, fixture);
    await transaction.insert(configVersions).values({
      workspace_id,
      version: 1,
      snapshot: { format: 1, routes: [], policies: [] },
      checksum: "none",
      published_by: created_by,
    });
    await transaction.insert(modelPriceOverrides).values({
      workspace_id,
      provider: "openai",
      model: "gpt-4",
      input_micros_per_million: 1_000_000,
      output_micros_per_million: 2_000_000,
    });
  });
  return fixture;
}

async function insertDraft(transaction: Transaction, fixture: WorkspaceFixture): Promise<void> {
  const { workspace_id, provider_key_id } = fixture;
  const policy_id = randomUUID();
  await transaction.insert(policies).values({ workspace_id, id: policy_id, name: "Patient" });
  await transaction.insert(routes).values({
    workspace_id,
    name: "Everything",
    match: { models: ["*"], metadata: {} },
    strategy: "priority",
    targets: [{ provider_key_id, upstream_model: null, weight: 1, timeouts: {} }],
    policy_id,
    position: 1,
  });
}

/** A successful request of the fixture's API key to its provider key, with `changes` laid over it. For tests. */
export function createLogRecord(
  fixture: Pick<WorkspaceFixture, "workspace_id" | "api_key_id" | "provider_key_id">,
  changes: Partial<RequestLogRecord> = {},
): RequestLogRecord {
  return {
    id: randomUUID(),
    workspace_id: fixture.workspace_id,
    api_key_id: fixture.api_key_id,
    request_id: "req-1",
    endpoint: "/v1/chat/completions",
    config_version: 3,
    route_id: null,
    requested_model: "gpt-4",
    provider: "openai",
    provider_key_id: fixture.provider_key_id,
    upstream_model: "gpt-4",
    status_code: 200,
    error_code: null,
    error_message: null,
    streamed: true,
    usage_estimated: false,
    input_tokens: 10,
    cached_input_tokens: 4,
    output_tokens: 20,
    reasoning_tokens: 5,
    cost_micros: 1500,
    duration_ms: 120,
    time_to_first_byte_ms: 30,
    overhead_us: 250,
    attempts: [createAttempt(fixture)],
    plan: [],
    metadata: null,
    user: null,
    created_at: "2026-03-01T10:20:30.456Z",
    ...changes,
  };
}

/** A successful attempt with the fixture's provider key, with `changes` laid over it. For tests. */
export function createAttempt(
  fixture: Pick<WorkspaceFixture, "provider_key_id">,
  changes: Partial<RequestLogRecord["attempts"][number]> = {},
): RequestLogRecord["attempts"][number] {
  return {
    provider: "openai",
    provider_key_id: fixture.provider_key_id,
    upstream_model: "gpt-4",
    outcome: "ok",
    status: 200,
    error: null,
    input_tokens: 10,
    output_tokens: 20,
    cost_micros: 1500,
    started_ms: 1,
    first_byte_ms: 30,
    duration_ms: 119,
    ...changes,
  };
}
