import { readdirSync, readFileSync } from "node:fs";
import {
  type CatalogueFile,
  catalogueFileSchema,
  microsOf,
  type PriceCard,
} from "@perpetuo/contracts/catalogue";
import type { ModelCapability, ModelPrice, PriceTier, TokenRates } from "@perpetuo/contracts/usage";
import { mockCatalogue } from "./mock-catalogue.ts";

/** A row of the seeded catalogue. Prices are micro-dollars per million tokens. */
export type CataloguePrice = ModelPrice & {
  tiers: PriceTier[];
  context_tokens: number | null;
  max_output_tokens: number | null;
  capabilities: ModelCapability[];
  source: string;
  /** ISO 8601 date from which the price is in force. */
  valid_from: string;
};

const folder = new URL("./catalogue/", import.meta.url);

/** The catalogue's files, one a provider, and the mock provider's. @throws when one of them is not as the schema says. */
export function catalogueFiles(): CatalogueFile[] {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8")));
  return [...files, mockCatalogue].map((file) => catalogueFileSchema.parse(file));
}

/** Every seeded price, see `seed-model-prices.ts`. */
export function cataloguePrices(): CataloguePrice[] {
  return catalogueFiles().flatMap((file) =>
    Object.entries(file.models).map(
      ([model, entry]): CataloguePrice => ({
        provider: file.provider,
        model,
        ...ratesOf(entry.prices),
        tiers: (entry.tiers ?? []).map(({ above, prices }) => ({
          above_input_tokens: above,
          ...ratesOf(prices),
        })),
        context_tokens: entry.context,
        max_output_tokens: entry.max_output,
        capabilities: entry.capabilities,
        source: `${entry.sources.map((name) => file.sources[name]).join("; ")}; read ${file.read}`,
        valid_from: `${entry.valid_from ?? file.valid_from}T00:00:00Z`,
      }),
    ),
  );
}

function ratesOf(card: PriceCard): TokenRates {
  return {
    input_micros_per_million: microsOf(card.input),
    cached_input_micros_per_million: microsOrNull(card.cache_read),
    cache_write_micros_per_million: microsOrNull(card.cache_write),
    cache_write_1h_micros_per_million: microsOrNull(card.cache_write_1h),
    input_audio_micros_per_million: microsOrNull(card.input_audio),
    output_micros_per_million: microsOf(card.output),
    reasoning_micros_per_million: microsOrNull(card.reasoning),
    output_audio_micros_per_million: microsOrNull(card.output_audio),
  };
}

const microsOrNull = (dollars: string | undefined) => (dollars === undefined ? null : microsOf(dollars));
