import { withDatabase } from "@perpetuo/database/connection";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  chat,
  createGatewayClient,
  errorCode,
  type GatewayClient,
  headerOf,
} from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";

/** Answers overlap, so that every request is judged while others are under way. */
const slow = "mock?latency=150&chunks=8";
/** Reports three times what it wrote. */
const dishonest = "mock?latency=150&chunks=8&usage_factor=3";
/** Micro-dollars a token: a token in or out costs one. */
const unitPrice = 1_000_000;

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

async function setPrices(workspaceId: string): Promise<void> {
  const rows = [slow, dishonest].map((model) => ({
    workspace_id: workspaceId,
    provider: "mock",
    model,
    input_micros_per_million: unitPrice,
    output_micros_per_million: unitPrice,
  }));
  const options = { max: 1, applicationName: "perpetuo-test" };
  await withDatabase(stack.home.administratorUrl, options, async ({ sql }) => {
    await sql`insert into model_price_overrides ${sql(rows)}`;
  });
}

const costOf = async (workspaceId: string) => {
  const { input_tokens, output_tokens } = await stack.rows.counters(workspaceId);
  return input_tokens + output_tokens;
};

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
  const body = (model: string) => chat(model, { max_tokens: 8 });
  const messagesBytes = JSON.stringify((chat("") as { messages: unknown }).messages).length;
  const estimate = Math.ceil(messagesBytes / 3) + 8;
  const budget = estimate * 10;
  const workspace = await stack.createWorkspace({ apiKeys: [{ limits: { budget_daily_micros: budget } }] });
  await setPrices(workspace.id);
  const { apiKey } = workspace;
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      gateway.call({ apiKey, body: body(index % 10 === 0 ? dishonest : slow) }),
    ),
  );
  const passed = answers.filter(({ status }) => status === 200).length;
  expect(passed).toBeGreaterThanOrEqual(1);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expect(errorCode(answer.body)).toBe("insufficient_quota");
    expect(headerOf(answer.headers, "x-should-retry")).toBe("false");
  }
  const rows = await stack.rows.untilCount(workspace.id, 200);
  const excess = rows.reduce(
    (sum, row) => sum + Math.max(0, row.input_tokens + row.output_tokens - estimate),
    0,
  );
  expect(await costOf(workspace.id)).toBeLessThanOrEqual(budget + excess);
  // What was reserved and not taken is free again: one at a time, the budget can be used up to its last estimate.
  let sent = answers.length;
  let status = 200;
  while (status === 200 && sent < answers.length + 40) {
    status = (await gateway.call({ apiKey, body: body(slow) })).status;
    sent++;
  }
  await stack.rows.untilCount(workspace.id, sent);
  expect(await costOf(workspace.id)).toBeGreaterThan(budget - estimate);
});

it("a restart of the proxy · the budget goes on where it was", async () => {
  const budget = 60;
  const workspace = await stack.createWorkspace({ apiKeys: [{ limits: { budget_daily_micros: budget } }] });
  await setPrices(workspace.id);
  const spend = () => gateway.call({ apiKey: workspace.apiKey, body: chat(slow, { max_tokens: 8 }) });
  let passed = 0;
  while (passed < 20 && (await spend()).status === 200) passed++;
  expect(passed).toBeGreaterThanOrEqual(1);
  await stack.proxy().stop();
  await stack.startProxy();
  const answer = await spend();
  expect(errorCode(answer.body)).toBe("insufficient_quota");
});
