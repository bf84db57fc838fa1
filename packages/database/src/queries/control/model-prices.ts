import type { ModelPrice } from "@perpetuo/contracts/usage";
import { and, asc, desc, eq, lte } from "drizzle-orm";
import { modelPriceOverrides, modelPrices } from "../../schema/prices.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** The identity of a workspace's own price. */
export type PriceOverrideIdentity = { workspace_id: string; provider: string; model: string };

export type CataloguePrice = ModelPrice & { context_tokens: number | null };

/** The catalogue's price in force for every model: the newest whose time has come. */
export async function listCataloguePrices(transaction: Transaction): Promise<CataloguePrice[]> {
  return transaction
    .selectDistinctOn([modelPrices.provider, modelPrices.model], {
      provider: modelPrices.provider,
      model: modelPrices.model,
      input_micros_per_million: modelPrices.input_micros_per_million,
      cached_input_micros_per_million: modelPrices.cached_input_micros_per_million,
      output_micros_per_million: modelPrices.output_micros_per_million,
      context_tokens: modelPrices.context_tokens,
    })
    .from(modelPrices)
    .where(lte(modelPrices.valid_from, new Date()))
    .orderBy(asc(modelPrices.provider), asc(modelPrices.model), desc(modelPrices.valid_from));
}

export async function listPriceOverrides(
  transaction: Transaction,
  workspaceId: string,
): Promise<ModelPrice[]> {
  return transaction
    .select({
      provider: modelPriceOverrides.provider,
      model: modelPriceOverrides.model,
      input_micros_per_million: modelPriceOverrides.input_micros_per_million,
      cached_input_micros_per_million: modelPriceOverrides.cached_input_micros_per_million,
      output_micros_per_million: modelPriceOverrides.output_micros_per_million,
    })
    .from(modelPriceOverrides)
    .where(eq(modelPriceOverrides.workspace_id, workspaceId))
    .orderBy(asc(modelPriceOverrides.provider), asc(modelPriceOverrides.model));
}

export async function upsertPriceOverride(
  transaction: Transaction,
  price: PriceOverrideIdentity & Omit<ModelPrice, "provider" | "model">,
): Promise<void> {
  const { workspace_id: _workspace, provider: _provider, model: _model, ...amounts } = price;
  await transaction
    .insert(modelPriceOverrides)
    .values(price)
    .onConflictDoUpdate({
      target: [modelPriceOverrides.workspace_id, modelPriceOverrides.provider, modelPriceOverrides.model],
      set: { ...amounts, updated_at: new Date() },
    });
}

export async function deletePriceOverride(
  transaction: Transaction,
  { workspace_id, provider, model }: PriceOverrideIdentity,
): Promise<{ kind: "deleted" } | { kind: "not-found" }> {
  const deleted = await transaction
    .delete(modelPriceOverrides)
    .where(
      and(
        eq(modelPriceOverrides.workspace_id, workspace_id),
        eq(modelPriceOverrides.provider, provider),
        eq(modelPriceOverrides.model, model),
      ),
    )
    .returning({ model: modelPriceOverrides.model });
  return deleted.length > 0 ? { kind: "deleted" } : { kind: "not-found" };
}
