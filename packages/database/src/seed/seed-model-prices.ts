import type { Pool } from "../pool.ts";
import { cataloguePrices } from "./model-prices.ts";

/**
 * Brings the catalogue's rows to the prices of this version, and touches nothing that already agrees: a change wakes
 * every proxy. Rows of other dates stay, so that the history of a price is kept.
 */
export async function seedModelPrices({ sql }: Pool): Promise<void> {
  await sql`
    insert into model_prices as present (
      provider, model, valid_from, input_micros_per_million, cached_input_micros_per_million,
      output_micros_per_million, context_tokens, max_output_tokens, source)
    select * from jsonb_to_recordset(${JSON.stringify(cataloguePrices)}::text::jsonb) as price (
      provider text, model text, valid_from timestamptz, input_micros_per_million bigint,
      cached_input_micros_per_million bigint, output_micros_per_million bigint, context_tokens int,
      max_output_tokens int, source text)
    on conflict (provider, model, valid_from) do update set
      input_micros_per_million = excluded.input_micros_per_million,
      cached_input_micros_per_million = excluded.cached_input_micros_per_million,
      output_micros_per_million = excluded.output_micros_per_million,
      context_tokens = excluded.context_tokens,
      max_output_tokens = excluded.max_output_tokens,
      source = excluded.source
    where (present.input_micros_per_million, present.cached_input_micros_per_million,
           present.output_micros_per_million, present.context_tokens, present.max_output_tokens, present.source)
      is distinct from
          (excluded.input_micros_per_million, excluded.cached_input_micros_per_million,
           excluded.output_micros_per_million, excluded.context_tokens, excluded.max_output_tokens, excluded.source)`;
}
