import { withDatabase } from "@perpetuo/database/connection";
import { startTestRedis, type TestRedisServer } from "@perpetuo/runtime/test-redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cleanup } from "../harness/cleanup.ts";
import {
  chat,
  createGatewayClient,
  errorCode,
  type GatewayClient,
  requestIdOf,
} from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";
import { unitPrices } from "../harness/workspace.ts";
import { honest, spendAtOnce } from "./budget-race.ts";

const cleanup = new Cleanup();
let redis: TestRedisServer;
let stack: Stack;
/** A gateway on each of two machines. */
let gateways: GatewayClient[];

beforeAll(async () => {
  redis = cleanup.use(await startTestRedis());
  stack = cleanup.use(await startStack({ threads: 2, environment: { REDIS_URL: redis.url } }));
  const other = await stack.startAnotherProxy();
  gateways = [stack.proxyUrl, other.url].map((url) => cleanup.use(createGatewayClient(url, 256)));
});

afterAll(() => cleanup[Symbol.asyncDispose]());

const [first, second] = [() => gateways[0] as GatewayClient, () => gateways[1] as GatewayClient];

describe("two proxies of two threads with Redis", () => {
  it("200 at once on a budget for 10, a tenth reporting three times the estimate · overspent by those excesses at most, nothing stays reserved", async () => {
    await spendAtOnce({ stack, callers: gateways, title: "over two processes with Redis" });
  });

  it("40 at once on 5 requests a minute · exactly 5 pass", async () => {
    const { apiKey } = await stack.createWorkspace({ apiKeys: [{ limits: { requests_per_minute: 5 } }] });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (gateways[index % 2] as GatewayClient).call({ apiKey, body: chat("mock-fast") }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  });

  it("40 at once on 3 at a time · 3 pass", async () => {
    const { apiKey } = await stack.createWorkspace({ apiKeys: [{ limits: { concurrent_requests: 3 } }] });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (gateways[index % 2] as GatewayClient).call({ apiKey, body: chat("mock?latency=1500") }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  });

  it("Redis killed and started again, empty · served meanwhile, and the budget counts what was spent before and without it", async () => {
    const workspace = await stack.createWorkspace({
      apiKeys: [{ limits: { budget_daily_micros: 150 } }],
      prices: unitPrices(honest),
    });
    const call = (gateway: GatewayClient) =>
      gateway.call({ apiKey: workspace.apiKey, body: chat(honest, { max_tokens: 8 }) });
    const answers = [await call(first())];
    await redis.kill();
    for (const gateway of [first(), second(), first(), second()]) answers.push(await call(gateway));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    await stack.rows.untilLogged(workspace.id, answers.map(requestIdOf));
    const { input_tokens, output_tokens } = await stack.rows.counters(workspace.id);
    await withDatabase(
      stack.home.administratorUrl,
      { max: 1, applicationName: "perpetuo-test" },
      async ({ sql }) => {
        const limits = JSON.stringify({ budget_daily_micros: input_tokens + output_tokens + 1 });
        await sql`update api_keys set limits = ${limits}::jsonb where id = ${workspace.apiKeys[0]?.id ?? ""}`;
      },
    );
    await redis.start();
    await untilCountedTogether();
    for (const gateway of [first(), second()]) {
      expect(errorCode((await call(gateway)).body)).toBe("insufficient_quota");
    }
  });
});

/** Both machines ask Redis again once a limit of one request binds them together. */
async function untilCountedTogether(): Promise<void> {
  await waitUntil(
    async () => {
      const { apiKey } = await stack.createWorkspace({ apiKeys: [{ limits: { requests_per_minute: 1 } }] });
      const call = (gateway: GatewayClient) => gateway.call({ apiKey, body: chat("mock-fast") });
      const statuses = [(await call(first())).status, (await call(second())).status];
      return statuses.join(" ") === "200 429" ? statuses : null;
    },
    { what: "both proxies to ask Redis again", timeoutMs: 20_000 },
  );
}
