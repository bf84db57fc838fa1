import {
  type ApiKey,
  apiKeySchema,
  createApiKeyInput,
  createApiKeyOutput,
  deleteApiKeyInput,
  deleteApiKeyOutput,
  listApiKeysInput,
  listApiKeysOutput,
  revokeApiKeyInput,
  rotateApiKeyInput,
  rotateApiKeyOutput,
  updateApiKeyInput,
} from "@perpetuo/contracts/api/api-keys";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import {
  type ApiKeyRecordIdentity,
  type ApiKeyRow,
  deleteApiKey,
  findApiKeyRecord,
  listApiKeys,
  lockApiKey,
  markApiKeyRevoked,
  updateApiKey,
} from "@perpetuo/database/queries/control/api-keys";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { issueApiKey } from "../workspace-creation.ts";
import { router, workspaceProcedure } from "./base.ts";
import { toTimestamp } from "./present.ts";

export const apiKeysRouter = router({
  list: workspaceProcedure("apiKeys.list")
    .input(listApiKeysInput)
    .output(listApiKeysOutput)
    .query(async ({ ctx, input }) => {
      const rows = await ctx.inWorkspace((transaction) => listApiKeys(transaction, input.workspace_id));
      return { items: rows.map(presentApiKey) };
    }),

  create: workspaceProcedure("apiKeys.change")
    .input(createApiKeyInput)
    .output(createApiKeyOutput)
    .mutation(async ({ ctx, input }) => {
      const { workspace_id } = input;
      return ctx.inWorkspace(async (transaction) => {
        const { id, text } = await issueApiKey(transaction, {
          workspace_id,
          created_by: ctx.caller.user.id,
          name: input.name,
          scopes: input.scopes,
          models: input.models ?? null,
          limits: input.limits ?? {},
          expires_at: toExpiry(input.expires_at ?? null),
        });
        return { ...(await readApiKey(transaction, { workspace_id, id })), api_key: text };
      });
    }),

  update: workspaceProcedure("apiKeys.change")
    .input(updateApiKeyInput)
    .output(apiKeySchema)
    .mutation(async ({ ctx, input }) => {
      const { workspace_id, api_key_id, expires_at, ...changes } = input;
      const identity = { workspace_id, id: api_key_id };
      return ctx.inWorkspace(async (transaction) => {
        await updateApiKey(transaction, identity, {
          ...changes,
          expires_at: expires_at === undefined ? undefined : toExpiry(expires_at),
        });
        return readApiKey(transaction, identity);
      });
    }),

  revoke: workspaceProcedure("apiKeys.change")
    .input(revokeApiKeyInput)
    .output(apiKeySchema)
    .mutation(async ({ ctx, input }) => {
      const identity = identityOf(input);
      return ctx.inWorkspace(async (transaction) => {
        await markApiKeyRevoked(transaction, identity);
        return readApiKey(transaction, identity);
      });
    }),

  delete: workspaceProcedure("apiKeys.change")
    .input(deleteApiKeyInput)
    .output(deleteApiKeyOutput)
    .mutation(async ({ ctx, input }) => {
      const identity = identityOf(input);
      const outcome = await ctx.inWorkspace((transaction) => deleteApiKey(transaction, identity));
      if (outcome.kind === "not-found") throw noSuchApiKey();
      return { id: identity.id };
    }),

  rotate: workspaceProcedure("apiKeys.change")
    .input(rotateApiKeyInput)
    .output(rotateApiKeyOutput)
    .mutation(async ({ ctx, input }) => {
      const identity = identityOf(input);
      return ctx.inWorkspace(async (transaction) => {
        // Two rotations at once would otherwise both make a successor.
        await lockApiKey(transaction, identity);
        const present = await findApiKeyRecord(transaction, identity);
        if (present === null) throw noSuchApiKey();
        const now = Date.now();
        refuseDeadKey(present, now);
        const { name, scopes, models, limits, expires_at } = present;
        const successor = await issueApiKey(transaction, {
          workspace_id: input.workspace_id,
          created_by: ctx.caller.user.id,
          name,
          scopes,
          models,
          limits,
          expires_at,
        });
        const overlapEnd = now + input.overlap_seconds * 1000;
        const end = Math.min(expires_at?.getTime() ?? Number.POSITIVE_INFINITY, overlapEnd);
        await updateApiKey(transaction, identity, { expires_at: new Date(end) });
        return {
          ...(await readApiKey(transaction, { ...identity, id: successor.id })),
          api_key: successor.text,
          previous: await readApiKey(transaction, identity),
        };
      });
    }),
});

function identityOf(input: { workspace_id: string; api_key_id: string }): ApiKeyRecordIdentity {
  return { workspace_id: input.workspace_id, id: input.api_key_id };
}

async function readApiKey(transaction: Transaction, identity: ApiKeyRecordIdentity): Promise<ApiKey> {
  const row = await findApiKeyRecord(transaction, identity);
  if (row === null) throw noSuchApiKey();
  return presentApiKey(row);
}

function presentApiKey(row: ApiKeyRow): ApiKey {
  return {
    ...row,
    expires_at: toTimestamp(row.expires_at),
    last_used_at: toTimestamp(row.last_used_at),
    revoked_at: toTimestamp(row.revoked_at),
    created_at: row.created_at.toISOString(),
  };
}

/** @throws {PerpetuoError} `invalid_request` for a moment that has passed: revoking is the way to end a key. */
function toExpiry(timestamp: string | null): Date | null {
  if (timestamp === null) return null;
  const expiry = new Date(timestamp);
  if (expiry.getTime() <= Date.now()) {
    throw new PerpetuoError("invalid_request", {
      message: "expires_at: lies in the past. Revoke the key to end it now.",
      param: "expires_at",
    });
  }
  return expiry;
}

function refuseDeadKey(key: ApiKeyRow, now: number): void {
  if (key.revoked_at !== null || (key.expires_at !== null && key.expires_at.getTime() <= now)) {
    throw new PerpetuoError("conflict", {
      message: "The key has been revoked or has expired. Create a new one.",
    });
  }
}

function noSuchApiKey(): PerpetuoError {
  return new PerpetuoError("not_found", { message: "There is no such API key." });
}
