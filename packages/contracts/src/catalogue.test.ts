import { describe, expect, test } from "vitest";
import { type CatalogueFile, catalogueFileSchema, microsOf } from "./catalogue.ts";

const card = { input: "1", output: "2" };
const model: CatalogueFile["models"][string] = {
  context: 1_000,
  max_output: 100,
  capabilities: ["chat"],
  prices: card,
  sources: ["list"],
};
const file: CatalogueFile = {
  provider: "openai",
  read: "2026-11-22",
  valid_from: "2026-11-01",
  sources: { list: "a price list" },
  notes: [],
  models: { model },
};
const tier = (above: number) => ({ above, prices: card });

describe("catalogueFileSchema", () => {
  test("a file with all that a model can have · is taken", () => {
    const prices = {
      input: "0.037500",
      cache_read: "0",
      cache_write: "1.25",
      cache_write_1h: "2",
      input_audio: "32",
      output: "600",
      reasoning: "1",
      output_audio: "64",
    };
    const whole = { ...model, prices, tiers: [tier(1), tier(2)], valid_from: "2026-11-02", note: "a note" };
    expect(catalogueFileSchema.safeParse({ ...file, models: { whole } }).success).toBe(true);
  });

  test.each<[string, object]>([
    ["a number as price", { prices: { ...card, input: 1 } }],
    ["a negative price", { prices: { ...card, input: "-1" } }],
    ["a fraction of a micro-dollar", { prices: { ...card, input: "0.0000001" } }],
    ["a rate of a kind that nobody knows", { prices: { ...card, video: "1" } }],
    ["no output price", { prices: { input: "1" } }],
    ["tiers of one threshold", { tiers: [tier(5), tier(5)] }],
    ["tiers that fall", { tiers: [tier(5), tier(4)] }],
    ["a tier from the first token", { tiers: [tier(0)] }],
    ["no tiers where some are said to be", { tiers: [] }],
    ["a source that the file does not name", { sources: ["elsewhere"] }],
    ["no source", { sources: [] }],
    ["a capability that nobody knows", { capabilities: ["telepathy"] }],
    ["no capability", { capabilities: [] }],
    ["a day that is none", { valid_from: "2026-02-30" }],
  ])("%s · is refused", (_case, change) => {
    const models = { model: { ...model, ...change } };
    expect(catalogueFileSchema.safeParse({ ...file, models }).success).toBe(false);
  });
});

describe("microsOf", () => {
  test.each([
    ["0", 0],
    ["2.5", 2_500_000],
    ["0.1", 100_000],
    ["0.003625", 3_625],
    ["600", 600_000_000],
    ["0.000001", 1],
  ])("%s dollars · %i micro-dollars", (dollars, micros) => {
    expect(microsOf(dollars)).toBe(micros);
  });
});
