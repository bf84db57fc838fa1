import type { ListedModelPrice } from "@perpetuo/contracts/api/models";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";

let control: TestControl;
let owner: Person;

beforeAll(async () => {
  control = await startTestControl();
  owner = await control.signUp();
});
afterAll(() => control[Symbol.asyncDispose]());

const call = (method: string, query = "", body?: unknown) =>
  control.call({
    method,
    path: `/workspaces/${owner.workspace_id}/models${query}`,
    body,
    token: owner.token,
  });
const list = async (person = owner) => {
  const path = `/workspaces/${person.workspace_id}/models`;
  const { data } = await control.call<{ items: ListedModelPrice[] }>({ path, token: person.token });
  return data.items;
};
const find = (prices: ListedModelPrice[], { provider, model }: { provider: string; model: string }) =>
  prices.find((price) => price.provider === provider && price.model === model);

const prices = { input_micros_per_million: 1_250_000, output_micros_per_million: 5_000_000 };
/** As it is in force: what goes through a cache costs what other input costs. */
const ownRates = {
  ...prices,
  cached_input_micros_per_million: 1_250_000,
  cache_write_micros_per_million: 1_250_000,
  cache_write_1h_micros_per_million: 1_250_000,
  input_audio_micros_per_million: null,
  reasoning_micros_per_million: null,
  output_audio_micros_per_million: null,
};
const ownPrice = { ...ownRates, tiers: [], source: "workspace", price_source: null, valid_from: null };

test("models.list · the catalogue, one price a model, in order", async () => {
  const listed = await list();
  expect(listed.length).toBeGreaterThan(5);
  expect(listed.every(({ source }) => source === "catalogue")).toBe(true);
  const names = listed.map(({ provider, model }) => `${provider}\0${model}`);
  expect(names).toEqual([...new Set(names)].sort());
});

test("models.override · replaces the catalogue's price for this workspace alone, until it is cleared", async () => {
  const stranger = await control.signUp();
  const [catalogue] = await list();
  if (catalogue === undefined) throw new TypeError("The catalogue is empty.");
  const { provider, model, context_tokens, max_output_tokens, capabilities } = catalogue;
  const answer = await call("PUT", "", { provider, model, ...prices });
  const known = { context_tokens, max_output_tokens, capabilities };
  expect([answer.status, answer.data]).toEqual([200, { provider, model, ...known, ...ownPrice }]);
  expect(find(await list(), catalogue)).toEqual(answer.data);
  expect(find(await list(stranger), catalogue)).toEqual(catalogue);

  const query = `?${new URLSearchParams({ provider, model })}`;
  expect((await call("DELETE", query)).data).toEqual({ provider, model });
  expect(find(await list(), catalogue)).toEqual(catalogue);
  expect((await call("DELETE", query)).status).toBe(404);
});

test("models.override · a model that the catalogue does not know, set twice", async () => {
  const own = { provider: "openai-compatible", model: "our/model:1" };
  await call("PUT", "", { ...own, ...prices });
  await call("PUT", "", { ...own, ...prices, cached_input_micros_per_million: 7 });
  expect(find(await list(), own)).toEqual({
    ...own,
    ...ownPrice,
    cached_input_micros_per_million: 7,
    context_tokens: null,
    max_output_tokens: null,
    capabilities: [],
  });
});

test("models.override · every rate, and tiers by the length of the input", async () => {
  const every = {
    ...prices,
    cached_input_micros_per_million: 1,
    cache_write_micros_per_million: 2,
    cache_write_1h_micros_per_million: 3,
    input_audio_micros_per_million: 4,
    reasoning_micros_per_million: 5,
    output_audio_micros_per_million: 6,
  };
  const tiers = [
    { above_input_tokens: 1_000, ...prices },
    { above_input_tokens: 2_000, ...every },
  ];
  const own = { provider: "anthropic", model: "our-claude", ...every };
  const answer = await call("PUT", "", { ...own, tiers });
  expect(answer.data).toMatchObject({
    ...own,
    tiers: [
      { above_input_tokens: 1_000, ...ownRates },
      { above_input_tokens: 2_000, ...every },
    ],
  });
  expect(find(await list(), own)).toEqual(answer.data);
});

test.each([
  ["a negative price", { input_micros_per_million: -1 }],
  ["a fraction of a micro-dollar", { output_micros_per_million: 0.5 }],
  ["a price beyond reason", { output_micros_per_million: 1e15 }],
  ["an unknown provider", { provider: "nobody" }],
  ["a tier without a threshold", { tiers: [prices] }],
  [
    "tiers out of order",
    {
      tiers: [
        { above_input_tokens: 9, ...prices },
        { above_input_tokens: 9, ...prices },
      ],
    },
  ],
  ["a time from which it holds", { valid_from: "2026-01-01T00:00:00Z" }],
])("models.override · 400 for %s", async (_case, change) => {
  const answer = await call("PUT", "", { provider: "openai", model: "gpt-4", ...prices, ...change });
  expect([answer.status, answer.error.code]).toEqual([400, "invalid_request"]);
});
