import { describe, expect, test } from "vitest";
import type { ModelCall } from "./adapter.ts";
import { compileConfig } from "./compiled-config.ts";
import { estimateDemand } from "./demand.ts";
import { readModelCall } from "./model-call.ts";
import { callOf, configOf, keyOf, policyOf, priceOf, routeOf } from "./routing/routing.test-fixture.ts";
import { shortlistsFor } from "./routing/shortlists.ts";

const config = compileConfig({
  workspace_id: "workspace",
  config_version: 1,
  snapshot: { format: 1, routes: [], policies: [] },
  provider_keys: [
    {
      provider_key_id: "a",
      workspace_id: "workspace",
      provider: "mock",
      name: "a",
      ciphertext: "sealed",
      key_id: "data-key",
      base_url: null,
      models: null,
      priority: 1,
      weight: 1,
    },
  ],
  data_keys: [],
  prices: [
    {
      provider: "mock",
      model: "priced",
      input_micros_per_million: 1_000_000,
      cached_input_micros_per_million: null,
      output_micros_per_million: 2_000_000,
      max_output_tokens: 50,
    },
  ],
  limits: {},
  spent: null,
});

/** `messages` are 15 bytes, so 5 tokens. */
const call = (members = "", model = "priced") =>
  readModelCall("chat-completions", Buffer.from(`{"model":"${model}","messages":["0123456789 "]${members}}`));
const demandFor = (wanted: ModelCall) => estimateDemand(wanted, shortlistsFor(wanted, config, null));
const demandOf = (members = "", model = "priced") => demandFor(call(members, model));
const tokens = (members = "", model = "priced") => demandOf(members, model).tokens;

describe("estimateDemand", () => {
  test("a priced model · a third of the bytes in, the catalogue's most out, at its price", () => {
    expect(demandOf()).toEqual({ tokens: 5 + 50, costMicros: 5 + 100 });
  });

  test("an unknown model · 4,096 out, and no cost", () => {
    expect(demandOf("", "unknown")).toEqual({ tokens: 5 + 4_096, costMicros: null });
  });

  test.each([
    ["8", 8],
    ["0", 0],
    ["1e5", 100_000],
    ["1.5", 2],
    ["100000.0", 100_000],
    ['"100000"', 100_000],
    ["99999999999999999999", 10_000_000_000],
    ["1e999", 10_000_000_000],
    [`1${"0".repeat(100)}`, 10_000_000_000],
    ["-1", 50],
    ["null", 50],
    ["true", 50],
    ['"many"', 50],
    ['""', 50],
    ["[9]", 50],
  ])("max_tokens %s · %i out, however it is written", (text, expected) => {
    expect(tokens(`,"max_tokens":${text}`)).toBe(5 + expected);
  });

  test("both names of the limit · the larger one counts", () => {
    expect(tokens(',"max_tokens":900,"max_completion_tokens":1')).toBe(5 + 900);
    expect(tokens(',"max_tokens":1,"max_completion_tokens":900')).toBe(5 + 900);
  });

  test.each([
    ["3", 3],
    ["3e0", 3],
    ["1000", 128],
    ["0", 1],
    ["-4", 1],
  ])("n %s · %i answers", (text, answers) => {
    expect(tokens(`,"max_tokens":10,"n":${text}`)).toBe(5 + 10 * answers);
  });
});

describe("estimateDemand of other operations", () => {
  const demandOf = (operation: "completions" | "embeddings", members: string) =>
    demandFor(readModelCall(operation, Buffer.from(`{"model":"priced",${members}}`)));

  test.each(['"input":"0123456789 "', '"input":["01234567"],"max_tokens":900,"messages":["more"]'])(
    "embeddings of %s · the input alone, nothing comes out",
    (members) => {
      const tokens = members.includes("messages") ? 4 : 5;
      expect(demandOf("embeddings", members)).toEqual({ tokens, costMicros: tokens });
    },
  );

  test.each([
    ['"prompt":"0123456789"', 1],
    ['"prompt":["0","1","2"]', 3],
    ['"prompt":[1,2,3,4,5]', 1],
    ['"prompt":[[1,2],[3,4]]', 2],
    ['"prompt":["0","1"],"n":2', 4],
    ['"prompt":["0","1"],"n":2,"best_of":5', 10],
  ])("completions of %s · %i answers", (members, answers) => {
    const { tokens } = demandOf("completions", `${members},"max_tokens":10`);
    expect(tokens - (tokens % 10)).toBe(10 * answers);
  });
});

describe("estimateDemand behind routes", () => {
  const prices = [
    { ...priceOf("mock", "small", [1_000_000, 1_000_000]), max_output_tokens: 50 },
    { ...priceOf("mock", "big", [1_000_000, 3_000_000]), max_output_tokens: 9_000 },
  ];
  const routed = (max_output_tokens: number | null) =>
    configOf({
      keys: [keyOf("a")],
      routes: [
        routeOf({ a: { upstream_model: "small" } }, { models: ["short"] }),
        routeOf({ a: { upstream_model: "big" } }, { models: ["long"], policy_id: "policy" }),
        routeOf({ a: { upstream_model: "unpriced" } }, { models: ["unknown"] }),
      ],
      policies: [policyOf({ max_output_tokens })],
      prices,
    });
  const demand = (members: object, max_output_tokens: number | null = null) => {
    const wanted = callOf(members);
    return estimateDemand(wanted, shortlistsFor(wanted, routed(max_output_tokens), null));
  };

  /** The messages are 33 bytes, so 11 tokens. */
  test.each([
    ["the catalogue's most, capped at 4,096", { model: "long" }, null, 4_096],
    ["capped by the policy, upwards as well", { model: "long" }, 8_000, 8_000],
    ["capped by the policy", { model: "long" }, 100, 100],
    ["not beyond the catalogue's most", { model: "short" }, 8_000, 50],
    ["a limit that the request names goes before the cap", { model: "long", max_tokens: 700 }, 100, 700],
    ["the longest of all names", { model: "short", models: ["long"] }, 100, 100],
  ])("output · %s", (...[, members, cap, output]) => {
    expect(demand(members, cap).tokens).toBe(11 + output);
  });

  test("cost · that of the dearest target of all names, and unknown when one is", () => {
    expect(demand({ model: "short", max_tokens: 10 }).costMicros).toBe(11 + 10);
    expect(demand({ model: "short", models: ["long"], max_tokens: 10 }).costMicros).toBe(11 + 30);
    expect(demand({ model: "short", models: ["unknown"] }).costMicros).toBeNull();
  });
});
