import { z } from "zod";
import { providerNameSchema } from "./providers.ts";
import { modelCapabilities } from "./usage.ts";

/** US dollars per million tokens, with at most six decimals, so that it is a whole number of micro-dollars. */
const dollarsSchema = z.string().regex(/^\d{1,6}(\.\d{1,6})?$/);

/** A kind that is absent has no known rate; reasoning without one is billed as output. */
const cardSchema = z.strictObject({
  input: dollarsSchema,
  cache_read: dollarsSchema.optional(),
  cache_write: dollarsSchema.optional(),
  /** Of what is written to be kept for an hour. */
  cache_write_1h: dollarsSchema.optional(),
  input_audio: dollarsSchema.optional(),
  output: dollarsSchema,
  reasoning: dollarsSchema.optional(),
  output_audio: dollarsSchema.optional(),
});
export type PriceCard = z.infer<typeof cardSchema>;

/** The prices of a whole request whose input has more tokens than `above`. */
const tierSchema = z.strictObject({ above: z.int().min(1), prices: cardSchema });

const tiersSchema = z
  .array(tierSchema)
  .min(1)
  .refine(
    (tiers) => tiers.every(({ above }, index) => above > (tiers[index - 1]?.above ?? 0)),
    "thresholds must strictly increase",
  );

const daySchema = z.iso.date();

const modelSchema = z.strictObject({
  /** Tokens that the model reads; null where nobody says. */
  context: z.int().min(1).nullable(),
  max_output: z.int().min(1).nullable(),
  capabilities: z.array(z.enum(modelCapabilities)).min(1),
  prices: cardSchema,
  tiers: tiersSchema.optional(),
  /** Keys of the file's `sources`; two say that both give the same input and output price. */
  sources: z.array(z.string()).min(1),
  /** In place of the file's, for a price that is known to have changed later. */
  valid_from: daySchema.optional(),
  note: z.string().optional(),
});

/** One provider's models in the catalogue. */
export const catalogueFileSchema = z
  .strictObject({
    provider: providerNameSchema,
    /** The day on which the sources were read. */
    read: daySchema,
    /** From when the prices are in force, UTC. */
    valid_from: daySchema,
    /** By the name under which models refer to it. */
    sources: z.record(z.string(), z.string().min(1)),
    notes: z.array(z.string()),
    models: z.record(z.string().min(1).max(200), modelSchema),
  })
  .refine(
    ({ sources, models }) =>
      Object.values(models).every((model) => model.sources.every((name) => Object.hasOwn(sources, name))),
    "every source of a model must be one of the file's",
  );
export type CatalogueFile = z.infer<typeof catalogueFileSchema>;

/** An amount of the catalogue in micro-dollars. Done on digits: a binary fraction cannot hold 0.1. */
export function microsOf(dollars: string): number {
  const [whole = "", fraction = ""] = dollars.split(".");
  return Number(whole + fraction.padEnd(6, "0"));
}
