import type { Pool } from "../pool.ts";
import { cataloguePrices } from "./catalogue-prices.ts";

/** What a row says beside its identity, and the columns' types. */
const columns = {
  input_micros_per_million: "bigint",
  cached_input_micros_per_million: "bigint",
  cache_write_micros_per_million: "bigint",
  cache_write_1h_micros_per_million: "bigint",
  input_audio_micros_per_million: "bigint",
  output_micros_per_million: "bigint",
  reasoning_micros_per_million: "bigint",
  output_audio_micros_per_million: "bigint",
  tiers: "jsonb",
  context_tokens: "int",
  max_output_tokens: "int",
  capabilities: "text[]",
  source: "text",
};

const names = Object.keys(columns);
const list = (prefix = "") => names.map((name) => prefix + name).join(", ");

const seedPrices = `
  insert into model_prices as present (provider, model, valid_from, ${list()})
  select * from jsonb_to_recordset($1::text::jsonb) as price (
    provider text, model text, valid_from timestamptz,
    ${Object.entries(columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(", ")})
  on conflict (provider, model, valid_from) do update set
    ${names.map((name) => `${name} = excluded.${name}`).join(", ")}
  where (${list("present.")}) is distinct from (${list("excluded.")})`;

/**
 * Brings the catalogue's rows to the prices of this version, and touches nothing that already agrees: a change wakes
 * every proxy. Rows of other dates stay, so that the history of a price is kept, and a model that a vendor has withdrawn
 * keeps its last one.
 */
export async function seedModelPrices({ sql }: Pool): Promise<void> {
  await sql.unsafe(seedPrices, [JSON.stringify(cataloguePrices())]);
}
