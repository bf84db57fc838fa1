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
import {
  type CataloguePrice,
  deletePriceOverride,
  listCataloguePrices,
  listPriceOverrides,
  upsertPriceOverride,
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
        await upsertPriceOverride(transaction, input);
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
async function listPrices(transaction: Transaction, workspaceId: string): Promise<ListedModelPrice[]> {
  const catalogue = await listCataloguePrices(transaction);
  const overrides = await listPriceOverrides(transaction, workspaceId);
  const prices = new Map(catalogue.map((price) => [keyOf(price), present(price, "catalogue")]));
  for (const override of overrides) {
    const key = keyOf(override);
    const context_tokens = prices.get(key)?.context_tokens ?? null;
    prices.set(key, present({ ...override, context_tokens }, "workspace"));
  }
  return [...prices.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, price]) => price);
}

function keyOf({ provider, model }: { provider: string; model: string }): string {
  return `${provider}\0${model}`;
}

function present(price: CataloguePrice, source: ListedModelPrice["source"]): ListedModelPrice {
  return { ...price, provider: price.provider as ProviderName, source };
}
