import type { ModelCapability, ModelPrice, TokenRates } from "@perpetuo/contracts/usage";
import { and, asc, eq, sql } from "drizzle-orm";
import { modelPriceOverrides, modelPrices } from "../../schema/prices.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** The identity of a workspace's own price. */
export type PriceOverrideIdentity = { workspace_id: string; provider: string; model: string };

/** A price with every rate named: null where it is not known. */
export type WholePrice = Required<TokenRates> & Required<Pick<ModelPrice, "provider" | "model" | "tiers">>;

export type CataloguePrice = WholePrice & {
  context_tokens: number | null;
  max_output_tokens: number | null;
  capabilities: ModelCapability[];
  source: string;
  valid_from: Date;
};

const ratesOf = <TTable extends typeof modelPrices | typeof modelPriceOverrides>(table: TTable) => ({
  provider: table.provider,
  model: table.model,
  input_micros_per_million: table.input_micros_per_million,
  cached_input_micros_per_million: table.cached_input_micros_per_million,
  cache_write_micros_per_million: table.cache_write_micros_per_million,
  cache_write_1h_micros_per_million: table.cache_write_1h_micros_per_million,
  input_audio_micros_per_million: table.input_audio_micros_per_million,
  output_micros_per_million: table.output_micros_per_million,
  reasoning_micros_per_million: table.reasoning_micros_per_million,
  output_audio_micros_per_million: table.output_audio_micros_per_million,
  tiers: table.tiers,
});

/** The catalogue's price in force for every model: the newest whose time has come, else the first that will be. */
export async function listCataloguePrices(transaction: Transaction): Promise<CataloguePrice[]> {
  return transaction
    .selectDistinctOn([modelPrices.provider, modelPrices.model], {
      ...ratesOf(modelPrices),
      context_tokens: modelPrices.context_tokens,
      max_output_tokens: modelPrices.max_output_tokens,
      capabilities: modelPrices.capabilities,
      source: modelPrices.source,
      valid_from: modelPrices.valid_from,
    })
    .from(modelPrices)
    .orderBy(
      asc(modelPrices.provider),
      asc(modelPrices.model),
      sql`${modelPrices.valid_from} > now()`,
      sql`abs(extract(epoch from ${modelPrices.valid_from} - now()))`,
    );
}

export async function listPriceOverrides(
  transaction: Transaction,
  workspaceId: string,
): Promise<WholePrice[]> {
  return transaction
    .select(ratesOf(modelPriceOverrides))
    .from(modelPriceOverrides)
    .where(eq(modelPriceOverrides.workspace_id, workspaceId))
    .orderBy(asc(modelPriceOverrides.provider), asc(modelPriceOverrides.model));
}

export async function upsertPriceOverride(
  transaction: Transaction,
  price: PriceOverrideIdentity & WholePrice,
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
