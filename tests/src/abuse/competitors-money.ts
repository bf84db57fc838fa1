import type { Limits } from "@perpetuo/contracts/limits";
import { withDatabase } from "@perpetuo/database/connection";
import { describe, expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import { chat, errorCode, headerOf, requestIdOf } from "../harness/gateway-client.ts";
import { type TestWorkspace, unitPrices, type WorkspacePlan } from "../harness/workspace.ts";
import { ask, type World } from "./world.ts";

const administrator = { max: 1, applicationName: "perpetuo-test" };

/** Tokens of `chat()`'s messages as the gateway estimates them. */
const promptTokens = Math.ceil(JSON.stringify((chat("") as { messages: unknown }).messages).length / 3);

/** What was found in other gateways about budgets, limits and logs, each tried on this one. */
export function testCompetitorsMoney(world: () => World): void {
  describe("what others lost money by", () => {
    it.each([
      ["#34732", "a key in use"],
      ["#40095", "the first requests of a key"],
    ])("%s · 60 at once on a budget for 5, %s: no more than the budget is spent", (_issue, when) =>
      raceForBudget(world(), when === "a key in use"),
    );

    it.each(["api_key", "workspace"] as const)(
      "#27381 · every limit of %s trips, and its refusal names it",
      (scope) => tripEveryLimit(world(), scope),
    );

    it("#37558, #35958, #13245 · a stream that its client cancels is charged for what came", () =>
      cancelStream(world()));

    it("#20615 · an alias costs what the model behind it costs, and a model without a price is refused", () =>
      priceAliases(world()));

    it("T24 · a provider that reports minus three times its tokens is estimated, not free", () =>
      reportLess(world()));

    it.each(["1e9", '"1000000000"', "99999999999", "1000000000.0"])(
      "T25 · max_tokens %s under a budget · refused before anybody is called",
      (text) => demandTooMuch(world(), text),
    );
  });
}

async function createPriced(
  { stack }: World,
  models: string[],
  plan: WorkspacePlan & { limits?: Limits } = {},
): Promise<TestWorkspace> {
  const workspace = await stack.createWorkspace({ ...plan, prices: unitPrices(...models) });
  if (plan.limits === undefined) return workspace;
  const limits = JSON.stringify(plan.limits);
  await withDatabase(stack.home.administratorUrl, administrator, async ({ sql }) => {
    await sql`update workspaces set limits = ${limits}::jsonb where id = ${workspace.id}`;
  });
  return workspace;
}

async function raceForBudget(world: World, isWarm: boolean): Promise<void> {
  const model = "mock?latency=100&chunks=8";
  const estimate = promptTokens + 8;
  const limits = { budget_daily_micros: estimate * 5 };
  const workspace = await createPriced(world, [model], { apiKeys: [{ limits }] });
  const { apiKey } = workspace;
  const first = isWarm ? [await ask(world, "unpriced", { apiKey })] : [];
  const members = { max_tokens: 8 };
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(world, model, { apiKey, members })));
  const passed = answers.filter(({ status }) => status === 200).length;
  expect(passed).toBeGreaterThanOrEqual(5);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
  const rows = await world.stack.rows.untilLogged(workspace.id, [...first, ...answers].map(requestIdOf));
  const spent = rows.reduce((sum, row) => sum + (row.cost_micros ?? 0), 0);
  report(`60 at once on a budget for 5: ${passed} passed, ${spent} of ${limits.budget_daily_micros} spent`);
  expect(spent).toBeLessThanOrEqual(limits.budget_daily_micros);
}

async function tripEveryLimit(world: World, scope: "api_key" | "workspace"): Promise<void> {
  const model = "mock?latency=300&chunks=4";
  const limits: [Limits, code: string, named: RegExp][] = [
    [{ requests_per_minute: 2 }, "rate_limit_exceeded", /2 requests per minute/],
    [{ tokens_per_minute: 60 }, "rate_limit_exceeded", /60 tokens per minute/],
    [{ concurrent_requests: 2 }, "rate_limit_exceeded", /2 (concurrent|at a time|requests at)/],
    [{ budget_daily_micros: 60 }, "insufficient_quota", /daily|day/],
    [{ budget_monthly_micros: 60 }, "insufficient_quota", /monthly|month/],
  ];
  for (const [limit, code, named] of limits) {
    const plan = scope === "api_key" ? { apiKeys: [{ limits: limit }] } : { limits: limit };
    const { apiKey } = await createPriced(world, [model], plan);
    const members = { max_tokens: 4 };
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => ask(world, model, { apiKey, members })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length, JSON.stringify(limit)).toBeGreaterThanOrEqual(1);
    expect(answers.length - refused.length, JSON.stringify(limit)).toBeGreaterThanOrEqual(1);
    for (const { body } of refused) {
      expect([errorCode(body), named.test(String(body))], String(body)).toEqual([code, true]);
      expect(String(body)).toContain(scope === "api_key" ? "API key" : "workspace");
    }
  }
}

async function cancelStream(world: World): Promise<void> {
  const model = "mock?chunks=endless&pace=20";
  const limits = { budget_daily_micros: promptTokens + 100 };
  const workspace = await createPriced(world, [model], { apiKeys: [{ limits }] });
  const body = chat(model, { stream: true, max_tokens: 90 });
  const { seen, headers } = await world.client.abortAfter({ apiKey: workspace.apiKey, body }, 20);
  const row = await world.stack.rows.find(requestIdOf({ headers }));
  expect(row).toMatchObject({ status_code: 499, usage_estimated: true });
  expect(row.output_tokens).toBeGreaterThanOrEqual(seen);
  expect(row.cost_micros).toBe(row.input_tokens + row.output_tokens);
  const second = await world.client.call({ apiKey: workspace.apiKey, body });
  expect([second.status, errorCode(second.body)]).toEqual([429, "insufficient_quota"]);
}

async function priceAliases(world: World): Promise<void> {
  const expensive = "expensive?chunks=4";
  const { apiKey } = await createPriced(world, [expensive], {
    apiKeys: [{ limits: { budget_daily_micros: 1_000 } }],
  });
  const providerKeys = [{ models: [expensive] }];
  const aliased = await createPriced(world, [expensive], { providerKeys });
  const byAlias = await ask(world, `mock/${expensive}`, {
    apiKey: aliased.apiKey,
    members: { max_tokens: 4 },
  });
  const row = await world.stack.rows.find(requestIdOf(byAlias));
  expect(row).toMatchObject({ status_code: 200, upstream_model: expensive });
  expect(row.cost_micros).toBe(row.input_tokens + row.output_tokens);
  const unknown = await ask(world, `${expensive}&echo=0`, { apiKey });
  expect([unknown.status, errorCode(unknown.body)]).toEqual([403, "model_price_unknown"]);
}

async function reportLess(world: World): Promise<void> {
  const model = "mock?chunks=8&usage_factor=-3";
  const workspace = await createPriced(world, [model]);
  for (const stream of [false, true]) {
    const answer = await ask(world, model, { apiKey: workspace.apiKey, members: { stream } });
    const row = await world.stack.rows.find(requestIdOf(answer));
    expect(row.usage_estimated).toBe(true);
    expect(row.input_tokens).toBe(promptTokens);
    expect(row.output_tokens).toBeGreaterThanOrEqual(8);
    expect(row.cost_micros).toBe(row.input_tokens + row.output_tokens);
  }
}

async function demandTooMuch(world: World, text: string): Promise<void> {
  const model = `mock?chunks=1&key=${text.replace(/\W/g, "")}`;
  const limits = { budget_daily_micros: 100_000 };
  const { apiKey } = await createPriced(world, [model], { apiKeys: [{ limits }] });
  const body = JSON.stringify(chat(model)).replace(/}$/, `,"max_tokens":${text}}`);
  const answer = await world.client.call({ apiKey, body });
  expect([answer.status, errorCode(answer.body)]).toEqual([429, "insufficient_quota"]);
  expect(headerOf(answer.headers, "x-should-retry")).toBe("false");
  expect(await world.stack.mock.records(model)).toEqual([]);
}
