import { afterAll, beforeAll, expect, it } from "vitest";
import {
  chat,
  createGatewayClient,
  errorCode,
  type GatewayClient,
  headerOf,
} from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { unitPrices } from "../harness/workspace.ts";
import { honest, spendAtOnce } from "./budget-race.ts";

let stack: Stack;
let gateway: GatewayClient;

beforeAll(async () => {
  stack = await startStack({ threads: 2 });
  gateway = createGatewayClient(stack.proxyUrl, 256);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

it("20 at once on 5 requests a minute, two threads · exactly 5 pass, the others are told when to come back", async () => {
  const { apiKey } = await stack.createWorkspace({ apiKeys: [{ limits: { requests_per_minute: 5 } }] });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => gateway.call({ apiKey, body: chat("mock-fast") })),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(15);
  for (const answer of refused) {
    expect(errorCode(answer.body)).toBe("rate_limit_exceeded");
    expect(answer.body.toString()).toContain("This API key has reached its limit of 5 requests per minute.");
    expect(Number(headerOf(answer.headers, "retry-after"))).toBeGreaterThanOrEqual(1);
  }
  const passed = answers.find(({ status }) => status === 200);
  expect(passed && headerOf(passed.headers, "x-ratelimit-limit-requests")).toBe("5");
  expect(passed && headerOf(passed.headers, "ratelimit-policy")).toBe('"requests";q=5;w=60');
});

it("20 at once on 3 at a time · 3 pass, and 3 more when they are done", async () => {
  const { apiKey } = await stack.createWorkspace({ apiKeys: [{ limits: { concurrent_requests: 3 } }] });
  for (const _round of [1, 2]) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => gateway.call({ apiKey, body: chat("mock?latency=1000") })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  }
});

it("a model without a price under a budget · 403 naming the model", async () => {
  const { apiKey } = await stack.createWorkspace({ apiKeys: [{ limits: { budget_daily_micros: 1_000 } }] });
  const answer = await gateway.call({ apiKey, body: chat("mock?chunks=2") });
  expect(answer.status).toBe(403);
  expect(errorCode(answer.body)).toBe("model_price_unknown");
  expect(answer.body.toString()).toContain("mock?chunks=2");
});

it("200 at once on a budget for 10, a tenth reporting three times the estimate · overspent by those excesses at most, nothing stays reserved", async () => {
  await spendAtOnce({ stack, callers: [gateway], title: "on two threads" });
});

it("a restart of the proxy · the budget goes on where it was", async () => {
  const budget = 60;
  const { apiKey } = await stack.createWorkspace({
    apiKeys: [{ limits: { budget_daily_micros: budget } }],
    prices: unitPrices(honest),
  });
  const spend = () => gateway.call({ apiKey, body: chat(honest, { max_tokens: 8 }) });
  let passed = 0;
  while (passed < 20 && (await spend()).status === 200) passed++;
  expect(passed).toBeGreaterThanOrEqual(1);
  await stack.proxy().stop();
  await stack.startProxy();
  const answer = await spend();
  expect(errorCode(answer.body)).toBe("insufficient_quota");
});
