import {
  addProviderInput,
  listProvidersInput,
  listProvidersOutput,
  type ProviderHealth,
  type ProviderKey,
  providerKeySchema,
  removeProviderInput,
  removeProviderOutput,
  reorderProvidersInput,
  testProviderInput,
  testProviderOutput,
  updateProviderInput,
} from "@perpetuo/contracts/api/providers";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { brokenUniqueConstraint } from "@perpetuo/database/queries/control/failures";
import {
  deleteProviderKey,
  findProviderKey,
  insertProviderKey,
  listProviderKeys,
  lockProviderKeySecret,
  type ProviderKeyIdentity,
  type ProviderKeyRow,
  updateProviderKey,
} from "@perpetuo/database/queries/control/provider-keys";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import { Secret } from "@perpetuo/security/redact";
import {
  acceptBaseUrl,
  acceptCredential,
  isSameOrigin,
  openCredential,
  sealCredential,
} from "../provider-credential.ts";
import { routesNamingKey } from "../publishing/route-uses.ts";
import { router, workspaceProcedure } from "./base.ts";
import { toTimestamp } from "./present.ts";
import { requireWholeOrder } from "./whole-order.ts";

export const providersRouter = router({
  list: workspaceProcedure("providers.list")
    .input(listProvidersInput)
    .output(listProvidersOutput)
    .query(async ({ ctx, input }) => {
      const rows = await ctx.inWorkspace((transaction) => listProviderKeys(transaction, input.workspace_id));
      return { items: rows.map(presentProviderKey) };
    }),

  add: workspaceProcedure("providers.change")
    .input(addProviderInput)
    .output(providerKeySchema)
    .mutation(async ({ ctx, input }) => {
      const { workspace_id, provider, api_key, ...settings } = input;
      const secret = acceptCredential({ provider, api_key });
      const base_url = acceptBaseUrl({ provider, base_url: input.base_url ?? null }, ctx.services);
      const id = uuidv7();
      const row = await withFreeName(() =>
        ctx.inWorkspace(async (transaction) => {
          const sealed = await sealCredential(transaction, {
            context: { workspace_id, provider_key_id: id, provider, base_url },
            secret,
            keyring: ctx.services.keyring,
          });
          const name = input.name ?? (await inventName(transaction, { workspace_id, provider }));
          const created_by = ctx.caller.user.id;
          const models = input.models ?? null;
          const values = { ...settings, ...sealed, provider, name, base_url, models, created_by };
          await insertProviderKey(transaction, { workspace_id, id, ...values });
          return findProviderKey(transaction, { workspace_id, id });
        }),
      );
      return presentProviderKey(requireFound(row));
    }),

  update: workspaceProcedure("providers.change")
    .input(updateProviderInput)
    .output(providerKeySchema)
    .mutation(async ({ ctx, input }) => {
      const { workspace_id, provider_key_id, api_key, ...changes } = input;
      const identity = { workspace_id, id: provider_key_id };
      const row = await withFreeName(() =>
        ctx.inWorkspace(async (transaction) => {
          const present = requireFound(await lockProviderKeySecret(transaction, identity));
          const { provider } = present;
          const base_url =
            changes.base_url === undefined
              ? present.base_url
              : acceptBaseUrl({ provider, base_url: changes.base_url }, ctx.services);
          if (api_key === undefined && !isSameOrigin(present.base_url, base_url)) throw credentialNeeded();
          const sealed = api_key !== undefined && {
            ...(await sealCredential(transaction, {
              context: { workspace_id, provider_key_id, provider, base_url },
              secret: api_key,
              keyring: ctx.services.keyring,
            })),
          };
          await updateProviderKey(transaction, identity, { ...changes, ...sealed, base_url });
          return findProviderKey(transaction, identity);
        }),
      );
      return presentProviderKey(requireFound(row));
    }),

  reorder: workspaceProcedure("providers.change")
    .input(reorderProvidersInput)
    .output(listProvidersOutput)
    .mutation(async ({ ctx, input: { workspace_id, provider_key_ids } }) => {
      const rows = await ctx.inWorkspace(async (transaction) => {
        const present = await listProviderKeys(transaction, workspace_id);
        requireWholeOrder(provider_key_ids, present, { field: "provider_key_ids", item: "provider key" });
        const priorities = provider_key_ids.map((id, index) => ({ id, priority: index + 1 }));
        // Whoever reorders at the same moment locks the rows in the same order, and so waits instead of deadlocking.
        priorities.sort((left, right) => (left.id < right.id ? -1 : 1));
        for (const { id, priority } of priorities) {
          await updateProviderKey(transaction, { workspace_id, id }, { priority });
        }
        return listProviderKeys(transaction, workspace_id);
      });
      return { items: rows.map(presentProviderKey) };
    }),

  remove: workspaceProcedure("providers.change")
    .input(removeProviderInput)
    .output(removeProviderOutput)
    .mutation(async ({ ctx, input }) => {
      const { workspace_id, provider_key_id } = input;
      const identity = { workspace_id, id: provider_key_id };
      const routes = await ctx.inWorkspace(async (transaction) => {
        const outcome = await deleteProviderKey(transaction, identity);
        if (outcome.kind === "not-found") throw noSuchProviderKey();
        return routesNamingKey(transaction, { workspace_id, provider_key_id });
      });
      return { id: identity.id, routes };
    }),

  test: workspaceProcedure("providers.change")
    .input(testProviderInput)
    .output(testProviderOutput)
    .mutation(async ({ ctx, input: { workspace_id, provider_key_id } }) => {
      const { keyring, providerTester } = ctx.services;
      const identity: ProviderKeyIdentity = { workspace_id, id: provider_key_id };
      // The transaction ends before the call, so that a slow provider holds no connection and no lock.
      const key = await ctx.inWorkspace(async (transaction) => {
        const stored = requireFound(await lockProviderKeySecret(transaction, identity));
        const { provider, base_url, ciphertext, key_id } = stored;
        const context = { workspace_id, provider_key_id, provider, base_url };
        const secret = await openCredential(transaction, { context, ciphertext, key_id, keyring });
        return { provider, base_url, secret: new Secret(secret) };
      });
      return providerTester.test(key);
    }),
});

function presentProviderKey(row: ProviderKeyRow): ProviderKey {
  return {
    ...row,
    health: presentHealth(row.health),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

function presentHealth(health: ProviderKeyRow["health"]): ProviderHealth {
  return {
    status: health?.last_outcome ?? "unknown",
    last_success_at: toTimestamp(health?.last_success_at ?? null),
    failing_since: toTimestamp(health?.failing_since ?? null),
    last_error: health?.last_error ?? null,
  };
}

/** The provider's name, with the first number that is free. */
async function inventName(
  transaction: Transaction,
  { workspace_id, provider }: { workspace_id: string; provider: string },
): Promise<string> {
  const present = await listProviderKeys(transaction, workspace_id);
  const taken = new Set(present.map(({ name }) => name));
  if (!taken.has(provider)) return provider;
  let number = 2;
  while (taken.has(`${provider} ${number}`)) number += 1;
  return `${provider} ${number}`;
}

/** Turns the database's refusal of a name that is taken into the caller's error. */
async function withFreeName<TResult>(work: () => Promise<TResult>): Promise<TResult> {
  try {
    return await work();
  } catch (error) {
    if (brokenUniqueConstraint(error) === null) throw error;
    throw new PerpetuoError("conflict", {
      message: "Another provider key of the workspace has this name.",
      param: "name",
      cause: error,
    });
  }
}

function credentialNeeded(): PerpetuoError {
  return new PerpetuoError("invalid_request", {
    message:
      "api_key: is required when base_url moves to another origin, so that nobody can send it elsewhere.",
    param: "api_key",
  });
}

function noSuchProviderKey(): PerpetuoError {
  return new PerpetuoError("not_found", { message: "There is no such provider key." });
}

function requireFound<TRow>(row: TRow | null): TRow {
  if (row === null) throw noSuchProviderKey();
  return row;
}
