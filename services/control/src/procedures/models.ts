import {
  clearModelOverrideInput,
  clearModelOverrideOutput,
  type ListedModelPrice,
  listModelsInput,
  listModelsOutput,
  modelPriceSchema,
  overrideModelInput,
} from "@perpetuo/contracts/api/models";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ProviderName } from "@perpetuo/contracts/providers";
import type { ModelPrice, TokenRates } from "@perpetuo/contracts/usage";
import {
  type CataloguePrice,
  deletePriceOverride,
  listCataloguePrices,
  listPriceOverrides,
  upsertPriceOverride,
  type WholePrice,
} from "@perpetuo/database/queries/control/model-prices";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { router, workspaceProcedure } from "./base.ts";

export const modelsRouter = router({
  list: workspaceProcedure("models.list")
    .input(listModelsInput)
    .output(listModelsOutput)
    .query(async ({ ctx, input }) => ({
      items: await ctx.inWorkspace((transaction) => listPrices(transaction, input.workspace_id)),
    })),

  override: workspaceProcedure("models.change")
    .input(overrideModelInput)
    .output(modelPriceSchema)
    .mutation(async ({ ctx, input }) => {
      const prices = await ctx.inWorkspace(async (transaction) => {
        await upsertPriceOverride(transaction, { ...input, ...wholeRates(input), tiers: wholeTiers(input) });
        return listPrices(transaction, input.workspace_id);
      });
      const price = prices.find(
        ({ provider, model }) => provider === input.provider && model === input.model,
      );
      if (price === undefined)
        throw new PerpetuoError("internal_error", { internal: "The override is lost." });
      return price;
    }),

  clearOverride: workspaceProcedure("models.change")
    .input(clearModelOverrideInput)
    .output(clearModelOverrideOutput)
    .mutation(async ({ ctx, input }) => {
      const outcome = await ctx.inWorkspace((transaction) => deletePriceOverride(transaction, input));
      if (outcome.kind === "not-found") {
        throw new PerpetuoError("not_found", {
          message: "The workspace has no price of its own for this model.",
        });
      }
      return { provider: input.provider, model: input.model };
    }),
});

/** The prices in force for the workspace: the catalogue's, and its own in their place; by provider and model. */
export async function listPrices(transaction: Transaction, workspaceId: string): Promise<ListedModelPrice[]> {
  const catalogue = await listCataloguePrices(transaction);
  const overrides = await listPriceOverrides(transaction, workspaceId);
  const prices = new Map(catalogue.map((price) => [keyOf(price), presentCatalogued(price)]));
  for (const override of overrides) {
    const key = keyOf(override);
    prices.set(key, presentOwn(override, prices.get(key)));
  }
  return [...prices.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, price]) => price);
}

function keyOf({ provider, model }: { provider: string; model: string }): string {
  return `${provider}\0${model}`;
}

function presentCatalogued({ source, valid_from, tiers, ...price }: CataloguePrice): ListedModelPrice {
  return {
    ...price,
    provider: price.provider as ProviderName,
    tiers: tiers.map((tier) => ({ above_input_tokens: tier.above_input_tokens, ...knownRates(tier) })),
    source: "catalogue",
    price_source: source,
    valid_from: valid_from.toISOString(),
  };
}

/** What the model can is the catalogue's word also where the price is not. */
function presentOwn(own: WholePrice, listed: ListedModelPrice | undefined): ListedModelPrice {
  return {
    provider: own.provider as ProviderName,
    model: own.model,
    ...wholeRates(own),
    tiers: wholeTiers(own),
    context_tokens: listed?.context_tokens ?? null,
    max_output_tokens: listed?.max_output_tokens ?? null,
    capabilities: listed?.capabilities ?? [],
    source: "workspace",
    price_source: null,
    valid_from: null,
  };
}

function knownRates(rates: TokenRates): Required<TokenRates> {
  return {
    input_micros_per_million: rates.input_micros_per_million,
    cached_input_micros_per_million: rates.cached_input_micros_per_million ?? null,
    cache_write_micros_per_million: rates.cache_write_micros_per_million ?? null,
    cache_write_1h_micros_per_million: rates.cache_write_1h_micros_per_million ?? null,
    input_audio_micros_per_million: rates.input_audio_micros_per_million ?? null,
    output_micros_per_million: rates.output_micros_per_million,
    reasoning_micros_per_million: rates.reasoning_micros_per_million ?? null,
    output_audio_micros_per_million: rates.output_audio_micros_per_million ?? null,
  };
}

/** A workspace's own rates: what goes through a cache and has none is billed as other input. */
function wholeRates(rates: TokenRates) {
  const { input_micros_per_million: input, cache_write_micros_per_million } = rates;
  return {
    ...knownRates(rates),
    cached_input_micros_per_million: rates.cached_input_micros_per_million ?? input,
    cache_write_micros_per_million: cache_write_micros_per_million ?? input,
    cache_write_1h_micros_per_million:
      rates.cache_write_1h_micros_per_million ?? cache_write_micros_per_million ?? input,
  };
}

function wholeTiers({ tiers = [] }: Pick<ModelPrice, "tiers">) {
  return tiers.map((tier) => ({ above_input_tokens: tier.above_input_tokens, ...wholeRates(tier) }));
}
