import { setTimeout as delay } from "node:timers/promises";
import { withDatabase } from "@perpetuo/database/connection";
import { generateApiKey } from "@perpetuo/security/api-key";
import { expect, it } from "vitest";
import { distribution, percentile, report } from "../harness/figures.ts";
import { chat, createGatewayClient } from "../harness/gateway-client.ts";
import { ask, type World } from "./world.ts";

/** What one caller can do to another: with load, with keys that do not exist, with time. */
export function testNeighbours(world: () => World): void {
  it("a neighbour with ten times the load · everybody else is served", async () => {
    const { stack } = world();
    const noisy = await stack.createWorkspace({ apiKeys: [{ limits: { concurrent_requests: 20 } }] });
    const calm = await measureCalls(world(), 200);
    const stop = new AbortController();
    const load = keepCalling(world(), { count: 100, signal: stop.signal, keyOf: () => noisy.apiKey });
    const beside = await measureCalls(world(), 200);
    stop.abort();
    report(
      `noisy neighbour: ${distribution(calm, "ms")} alone, ${distribution(beside, "ms")} beside ${await load} calls`,
    );
  });

  it("a flood of well-formed keys that do not exist · known keys are served, and a new one too", async () => {
    const { stack } = world();
    const stop = new AbortController();
    const load = keepCalling(world(), { count: 64, signal: stop.signal, keyOf: () => generateApiKey().text });
    const beside = await measureCalls(world(), 200);
    const { apiKey } = await stack.createWorkspace();
    const cold = await ask(world(), "mock", { apiKey });
    stop.abort();
    expect(cold.status).toBe(200);
    report(`flood of unknown keys: ${distribution(beside, "ms")} beside ${await load} refusals`);
  });

  it("T12 · unknown, revoked and expired keys · the same answer, in the same time", async () => {
    const { stack } = world();
    const { apiKeys } = await stack.createWorkspace({
      apiKeys: [{}, { expires_at: "2020-01-01T00:00:00Z" }],
    });
    const [revoked, expired] = apiKeys;
    const administrator = { max: 1, applicationName: "perpetuo-test" };
    await withDatabase(stack.home.administratorUrl, administrator, async ({ sql }) => {
      await sql`update api_keys set revoked_at = now() where id = ${revoked?.id ?? ""}`;
    });
    const keys = {
      unknown: generateApiKey().text,
      revoked: revoked?.text ?? "",
      expired: expired?.text ?? "",
    };
    await compareTimes(world(), keys);
  });
}

/** Calls one after another; how long each took, in milliseconds. */
async function measureCalls(world: World, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const began = performance.now();
    expect((await ask(world, "mock-fast?chunks=1")).status).toBe(200);
    times.push(performance.now() - began);
  }
  return times;
}

type Load = { count: number; signal: AbortSignal; keyOf: () => string };

/** So many callers without a pause, until the signal; returns how many answers they got. */
async function keepCalling({ stack }: World, { count, signal, keyOf }: Load): Promise<number> {
  const client = createGatewayClient(stack.proxyUrl, count);
  let answers = 0;
  const callers = Array.from({ length: count }, async () => {
    while (!signal.aborted) {
      await client.call({ apiKey: keyOf(), body: chat("mock?latency=20&chunks=4") });
      answers++;
      // A caller without any pause would measure this process and not the gateway.
      await delay(1);
    }
  });
  await Promise.all(callers);
  await client[Symbol.asyncDispose]();
  return answers;
}

const samplesOfEach = 20_000;

/**
 * Asks with each key in turn, so that what the machine does meanwhile falls on all of them alike. The figure is Welch's
 * t; what is held is that the medians lie within a quarter of a millisecond.
 */
async function compareTimes(world: World, keys: Record<string, string>): Promise<void> {
  const client = createGatewayClient(world.stack.proxyUrl, 1);
  const times = new Map(Object.keys(keys).map((name): [string, number[]] => [name, []]));
  const bodies = new Set<string>();
  for (let sample = 0; sample < samplesOfEach; sample++) {
    for (const [name, apiKey] of Object.entries(keys)) {
      const began = performance.now();
      const answer = await client.call({ apiKey, body: chat("mock") });
      times.get(name)?.push(performance.now() - began);
      bodies.add(`${answer.status} ${answer.body}`);
    }
  }
  await client[Symbol.asyncDispose]();
  expect([...bodies]).toEqual([expect.stringMatching(/^401 .*"invalid_api_key"/)]);
  const unknown = times.get("unknown") ?? [];
  for (const [name, own] of times) {
    report(`${name} key: ${distribution(own, "ms")}, t against unknown ${welch(own, unknown).toFixed(1)}`);
    expect(Math.abs(percentile(own, 0.5) - percentile(unknown, 0.5))).toBeLessThan(0.25);
  }
}

function welch(left: number[], right: number[]): number {
  const [one, other] = [left, right].map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    return { mean, error: variance / values.length };
  }) as [{ mean: number; error: number }, { mean: number; error: number }];
  const spread = Math.sqrt(one.error + other.error);
  return spread === 0 ? 0 : (one.mean - other.mean) / spread;
}
