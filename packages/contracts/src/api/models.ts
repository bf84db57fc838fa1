import { z } from "zod";
import { providerNameSchema } from "../providers.ts";
import { modelCapabilities } from "../usage.ts";
import { countSchema, priceSchema, textSchema, workspaceInput } from "./common.ts";

/** Micro-dollars per million tokens of each kind. Null: not known. */
const ratesSchema = {
  input_micros_per_million: priceSchema,
  cached_input_micros_per_million: priceSchema.nullable(),
  cache_write_micros_per_million: priceSchema.nullable(),
  /** Of what is written to be kept for an hour. */
  cache_write_1h_micros_per_million: priceSchema.nullable(),
  input_audio_micros_per_million: priceSchema.nullable(),
  output_micros_per_million: priceSchema,
  /** Null: reasoning is billed as output. */
  reasoning_micros_per_million: priceSchema.nullable(),
  output_audio_micros_per_million: priceSchema.nullable(),
};

/** The rates of a whole request whose input has more tokens than the threshold. */
const tierSchema = z.strictObject({ above_input_tokens: z.int().min(1), ...ratesSchema });

/** The price in force for one model, and what the catalogue knows of the model. */
export const modelPriceSchema = z.strictObject({
  provider: providerNameSchema,
  model: z.string(),
  ...ratesSchema,
  /** In order of their thresholds. */
  tiers: z.array(tierSchema),
  /** Null when not known. */
  context_tokens: countSchema.nullable(),
  max_output_tokens: countSchema.nullable(),
  capabilities: z.array(z.enum(modelCapabilities)),
  /** `workspace`: the workspace's own price replaces the catalogue's. */
  source: z.enum(["catalogue", "workspace"]),
  /** Where the catalogue's price was read; null for the workspace's own. */
  price_source: z.string().nullable(),
  /** Since when the catalogue has it; null for the workspace's own. */
  valid_from: z.string().nullable(),
});
export type ListedModelPrice = z.infer<typeof modelPriceSchema>;

export const listModelsInput = workspaceInput;
export const listModelsOutput = z.strictObject({ items: z.array(modelPriceSchema) });

const modelInput = workspaceInput.extend({ provider: providerNameSchema, model: textSchema(200) });

const rate = priceSchema.nullish();
const ownRatesSchema = {
  input_micros_per_million: priceSchema,
  cached_input_micros_per_million: rate,
  cache_write_micros_per_million: rate,
  cache_write_1h_micros_per_million: rate,
  input_audio_micros_per_million: rate,
  output_micros_per_million: priceSchema,
  reasoning_micros_per_million: rate,
  output_audio_micros_per_million: rate,
};

/**
 * Replaces all that the catalogue says of the model's price. Cached and cache-written input that has no rate here is billed as other
 * input, and reasoning as output; audio without a rate has no known cost.
 */
export const overrideModelInput = modelInput.extend({
  ...ownRatesSchema,
  tiers: z
    .array(z.strictObject({ above_input_tokens: z.int().min(1), ...ownRatesSchema }))
    .max(10)
    .default([])
    .refine(
      (tiers) =>
        tiers.every(
          ({ above_input_tokens }, index) => above_input_tokens > (tiers[index - 1]?.above_input_tokens ?? 0),
        ),
      "must be in order of above_input_tokens, each above the one before",
    ),
});

/** Back to the catalogue's price. */
export const clearModelOverrideInput = modelInput;
export const clearModelOverrideOutput = z.strictObject({ provider: providerNameSchema, model: z.string() });
