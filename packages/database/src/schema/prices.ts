import type { ModelCapability, PriceTier } from "@perpetuo/contracts/usage";
import { sql } from "drizzle-orm";
import { integer, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant, whole } from "./columns.ts";
import { workspaces } from "./workspaces.ts";

/** Micro-dollars per million tokens, so that $2.50 per million tokens is 2500000. What a null means, the tables say. */
const priceColumns = () => ({
  input_micros_per_million: whole().notNull(),
  cached_input_micros_per_million: whole(),
  cache_write_micros_per_million: whole(),
  cache_write_1h_micros_per_million: whole(),
  input_audio_micros_per_million: whole(),
  output_micros_per_million: whole().notNull(),
  reasoning_micros_per_million: whole(),
  output_audio_micros_per_million: whole(),
  /** By length of the input, in order. */
  tiers: jsonb().$type<PriceTier[]>().notNull().default([]),
});

/**
 * The catalogue: vendors' list prices, the same for every workspace. The newest `valid_from` that has passed is in force, and
 * before any has, the first: a machine whose clock is behind has prices all the same. A rate that
 * is null is not known; reasoning is then billed as output.
 */
export const modelPrices = pgTable(
  "model_prices",
  {
    provider: text().notNull(),
    model: text().notNull(),
    ...priceColumns(),
    context_tokens: integer(),
    max_output_tokens: integer(),
    capabilities: text().array().$type<ModelCapability[]>().notNull().default(sql`'{}'::text[]`),
    /** Where the price was read, and when. */
    source: text().notNull(),
    valid_from: instant().notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.model, table.valid_from] })],
);

/**
 * A workspace's own prices, each in place of all that the catalogue says of the model's price. Cached and cache-written input whose
 * rate is null costs what other input costs. In a table of
 * their own so that every table with `workspace_id` is isolated alike.
 */
export const modelPriceOverrides = pgTable(
  "model_price_overrides",
  {
    workspace_id: uuid()
      .notNull()
      .references(() => workspaces.id),
    provider: text().notNull(),
    model: text().notNull(),
    ...priceColumns(),
    created_at: createdAt(),
    updated_at: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.workspace_id, table.provider, table.model] })],
);
