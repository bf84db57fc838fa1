import { withDatabase } from "@perpetuo/database/connection";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findFreePorts } from "../harness/free-ports.ts";
import { chat, createGatewayClient, errorCode, type GatewayClient } from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";
import { unitPrices } from "../harness/workspace.ts";
import { rollOnce } from "./roll.ts";

const priced = "mock?latency=20&chunks=8";
const endless = "mock?chunks=endless&pace=50";

let stack: Stack;
let gateway: GatewayClient;
let metricsUrl = "";

beforeAll(async () => {
  const [metricsPort = 0] = await findFreePorts(1);
  metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
  stack = await startStack({
    threads: 2,
    environment: { PERPETUO_DRAIN_GRACE_MS: "30000", METRICS_PORT: String(metricsPort) },
  });
  gateway = createGatewayClient(stack.proxyUrl, 64, "fresh");
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

it("concurrency, rates and budgets · are counted over both generations, and nothing stays reserved", async () => {
  const messagesBytes = JSON.stringify((chat("") as { messages: unknown }).messages).length;
  const estimate = Math.ceil(messagesBytes / 3) + 8;
  const budget = estimate * 30;
  const { apiKeys } = await stack.createWorkspace({
    apiKeys: [
      { limits: { concurrent_requests: 3 } },
      { limits: { requests_per_minute: 1 } },
      { limits: { budget_daily_micros: budget } },
    ],
    prices: unitPrices(priced),
  });
  const [concurrent = "", rate = "", budgeted = ""] = apiKeys.map(({ text }) => text);
  const leave = new AbortController();
  const streams = [1, 2, 3].map(() =>
    gateway.call({
      apiKey: concurrent,
      body: chat(endless, { stream: true }),
      signal: leave.signal,
    }),
  );
  const left = Promise.allSettled(streams);
  await waitUntil(async () => ((await stack.mock.records(endless)).length === 3 ? true : null), {
    what: "three streams to be under way",
    timeoutMs: 10_000,
  });
  const ask = (apiKey: string) => gateway.call({ apiKey, body: chat("mock-fast") });
  expect((await ask(rate)).status).toBe(200);

  let isRolling = true;
  const spend = () => gateway.call({ apiKey: budgeted, body: chat(priced, { max_tokens: 8 }) });
  const refusals: (string | null)[] = [];
  const spender = async (): Promise<void> => {
    while (isRolling) {
      const answer = await spend();
      if (answer.status === 200) continue;
      refusals.push(errorCode(answer.body));
      return;
    }
  };
  const spenders = [spender(), spender()];
  await rollOnce(stack);

  expect(errorCode((await ask(concurrent)).body)).toBe("rate_limit_exceeded");
  expect((await ask(rate)).status).toBe(429);
  leave.abort();
  await left;
  await waitUntil(async () => ((await ask(concurrent)).status === 200 ? true : null), {
    what: "the streams of the old generation to free their places",
    timeoutMs: 5_000,
  });
  isRolling = false;
  await Promise.all(spenders);
  // What was reserved and not taken is free again: one at a time, the budget can be used up to its last estimate.
  while ((await spend()).status === 200);
  expect(refusals.filter((code) => code !== "insufficient_quota")).toEqual([]);
  const spent = await waitUntil(() => spentBy(apiKeys[2]?.id ?? "", budget - estimate), {
    what: "the rows of what was spent",
    timeoutMs: 10_000,
  });
  expect(spent).toBeLessThanOrEqual(budget);
});

it("the port of the metrics · is the new process's after the restart", async () => {
  const before = restartsCounted(await (await fetch(metricsUrl)).text());
  await rollOnce(stack);
  await waitUntil(
    async () => {
      const counted = restartsCounted(await (await fetch(metricsUrl)).text());
      return counted > before ? true : null;
    },
    { what: `more than ${before} restarts in the metrics`, timeoutMs: 30_000, details: stack.proxy().log },
  );
});

function restartsCounted(metrics: string): number {
  return Number(
    /^perpetuo_proxy_rolling_restarts_total\{outcome="replaced"\} (\d+)/m.exec(metrics)?.[1] ?? 0,
  );
}

/** The sum of the key's rows, once it is more than `least`. */
async function spentBy(apiKeyId: string, least: number): Promise<number | null> {
  return withDatabase(stack.home.administratorUrl, connection, async ({ sql }) => {
    const [row] = await sql<{ spent: number }[]>`
      select coalesce(sum(cost_micros), 0)::bigint as spent from request_logs where api_key_id = ${apiKeyId}`;
    const spent = row?.spent ?? 0;
    return spent > least ? spent : null;
  });
}

const connection = { max: 1, applicationName: "perpetuo-test" };
