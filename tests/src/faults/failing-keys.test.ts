import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FailingUpstream, startFailingUpstream } from "../harness/failing-upstream.ts";
import {
  chat,
  createGatewayClient,
  errorCode,
  type GatewayAnswer,
  type GatewayClient,
  headerOf,
  requestIdOf,
} from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";

let stack: Stack;
let upstream: FailingUpstream;
let client: GatewayClient;
beforeAll(async () => {
  stack = await startStack({ threads: 2 });
  upstream = await startFailingUpstream(stack.mockUrl);
  client = createGatewayClient(stack.proxyUrl, 8);
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

/** A workspace with a provider key for each credential, in this order of priority. */
async function workspaceWith(...secrets: string[]) {
  const providerKeys = secrets.map((secret) => ({ secret, base_url: upstream.baseUrl }));
  return stack.createWorkspace({ providerKeys });
}

async function ask(apiKey: string, count: number, model = "mock-fast"): Promise<GatewayAnswer[]> {
  const answers: GatewayAnswer[] = [];
  for (let turn = 0; turn < count; turn++) answers.push(await client.call({ apiKey, body: chat(model) }));
  return answers;
}

const statuses = (answers: GatewayAnswer[]): number[] => [...new Set(answers.map(({ status }) => status))];

async function metrics(): Promise<string> {
  return (await fetch(`${stack.proxyUrl}/metrics`)).text();
}

describe("one key of two fails", () => {
  it("500 · every request is served, and after five failures the key is passed over with the reason", async () => {
    const { apiKey } = await workspaceWith("sk-failing-a", "sk-working-b");
    upstream.refuse("sk-failing-a", { status: 500 });
    const answers = await ask(apiKey, 40);
    expect(statuses(answers)).toEqual([200]);
    expect(upstream.calls("sk-failing-a")).toHaveLength(5);
    expect(upstream.calls("sk-working-b")).toHaveLength(40);
    const last = answers.at(-1);
    expect(last?.headers["x-perpetuo-attempts"]).toBe("1");
    const row = await stack.rows.find(requestIdOf(last as GatewayAnswer));
    expect(row.plan).toMatchObject([
      { verdict: "skipped", reason: "the circuit breaker is open" },
      { verdict: "target" },
    ]);
    const text = await metrics();
    expect(text).toMatch(/^perpetuo_breaker_transitions_total\{.*provider="mock".*to="open".*\} [1-9]/m);
    expect(text).toMatch(/^perpetuo_retries_total\{.*provider="mock".*kind="fallback".*\} [1-9]/m);
  });

  it("429 with retry-after · the other serves, and nobody asks the key until the time is over", async () => {
    const { apiKey } = await workspaceWith("sk-throttled-a", "sk-spare-b");
    upstream.refuse("sk-throttled-a", { status: 429, headers: { "retry-after": "2" } });
    const [first] = await ask(apiKey, 1);
    const cooledAt = performance.now();
    expect(first?.headers["x-perpetuo-attempts"]).toBe("2");
    upstream.recover("sk-throttled-a");
    while (upstream.calls("sk-throttled-a").length < 2) {
      expect(statuses(await ask(apiKey, 1))).toEqual([200]);
      expect(performance.now() - cooledAt).toBeLessThan(20_000);
    }
    const [refused = 0, again = 0] = upstream.calls("sk-throttled-a");
    expect(again - refused).toBeGreaterThanOrEqual(2_000);
  });

  it("insufficient_quota · one call to the key, whatever the model", async () => {
    const { apiKey } = await workspaceWith("sk-spent-a", "sk-credit-b");
    upstream.refuse("sk-spent-a", { status: 429, code: "insufficient_quota" });
    expect(statuses([...(await ask(apiKey, 5)), ...(await ask(apiKey, 5, "mock-other"))])).toEqual([200]);
    expect(upstream.calls("sk-spent-a")).toHaveLength(1);
  });
});

describe("the only key fails", () => {
  it("429 with a long retry-after · the provider's answer, then the gateway's with what is left of the wait", async () => {
    const { apiKey } = await workspaceWith("sk-throttled-alone");
    upstream.refuse("sk-throttled-alone", { status: 429, headers: { "retry-after": "30" } });
    const [first, second] = await ask(apiKey, 2);
    expect([first?.status, first && headerOf(first.headers, "retry-after")]).toEqual([429, "30"]);
    expect(second?.status).toBe(429);
    expect(second && errorCode(second.body)).toBe("upstream_rate_limited");
    const left = Number(second && headerOf(second.headers, "retry-after"));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(30);
    expect(upstream.calls("sk-throttled-alone")).toHaveLength(1);
  });

  it("one tenant's key is broken · the other tenant on the same upstream notices nothing", async () => {
    const broken = await workspaceWith("sk-tenant-a");
    const well = await workspaceWith("sk-tenant-b");
    upstream.refuse("sk-tenant-a", { status: 503 });
    const [failing, served] = await Promise.all([ask(broken.apiKey, 50), ask(well.apiKey, 50)]);
    expect(statuses(failing)).toEqual([503]);
    expect(failing.map(({ body }) => errorCode(body)).at(-1)).toBe("upstream_unavailable");
    expect(statuses(served)).toEqual([200]);
    expect(upstream.calls("sk-tenant-a").length).toBeLessThan(10);
    expect(upstream.calls("sk-tenant-b")).toHaveLength(50);
  });
});
