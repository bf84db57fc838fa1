import { z } from "zod";
import { providerNameSchema } from "../providers.ts";
import { countSchema, priceSchema, textSchema, workspaceInput } from "./common.ts";

/** The price in force for one model. Prices are micro-dollars per million tokens. */
export const modelPriceSchema = z.strictObject({
  provider: providerNameSchema,
  model: z.string(),
  input_micros_per_million: priceSchema,
  /** Null: cached input is billed as ordinary input. */
  cached_input_micros_per_million: priceSchema.nullable(),
  output_micros_per_million: priceSchema,
  /** Null when not known. */
  context_tokens: countSchema.nullable(),
  /** `workspace`: the workspace's own price replaces the catalogue's. */
  source: z.enum(["catalogue", "workspace"]),
});
export type ListedModelPrice = z.infer<typeof modelPriceSchema>;

export const listModelsInput = workspaceInput;
export const listModelsOutput = z.strictObject({ items: z.array(modelPriceSchema) });

const modelInput = workspaceInput.extend({ provider: providerNameSchema, model: textSchema(200) });

export const overrideModelInput = modelInput.extend({
  input_micros_per_million: priceSchema,
  cached_input_micros_per_million: priceSchema.nullable().default(null),
  output_micros_per_million: priceSchema,
});

/** Back to the catalogue's price. */
export const clearModelOverrideInput = modelInput;
export const clearModelOverrideOutput = z.strictObject({ provider: providerNameSchema, model: z.string() });
