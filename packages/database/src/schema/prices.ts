import { integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant, whole } from "./columns.ts";
import { workspaces } from "./workspaces.ts";

/** Micro-dollars per million tokens, so that $2.50 per million tokens is 2500000. */
const priceColumns = () => ({
  input_micros_per_million: whole().notNull(),
  /** Null: cached input costs what other input costs. */
  cached_input_micros_per_million: whole(),
  output_micros_per_million: whole().notNull(),
});

/** The catalogue: vendors' list prices, the same for every workspace. The newest `valid_from` that has passed is in force. */
export const modelPrices = pgTable(
  "model_prices",
  {
    provider: text().notNull(),
    model: text().notNull(),
    ...priceColumns(),
    context_tokens: integer(),
    max_output_tokens: integer(),
    /** Where the price was read, and when. */
    source: text().notNull(),
    valid_from: instant().notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.model, table.valid_from] })],
);

/** A workspace's own prices, in a table of their own so that every table with `workspace_id` is isolated alike. */
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
