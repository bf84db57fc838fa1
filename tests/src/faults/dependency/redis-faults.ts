import type { TestRedisServer } from "@perpetuo/runtime/test-redis";
import { expect } from "vitest";
import { distribution, report } from "../../harness/figures.ts";
import { chat, createGatewayClient, errorCode, type GatewayClient } from "../../harness/gateway-client.ts";
import { signal } from "../../harness/process-tree.ts";
import type { Stack } from "../../harness/stack.ts";
import { waitUntil } from "../../harness/wait-until.ts";

const limit = 30;

/**
 * Redis hangs, then crashes and comes back. Requests without limits never notice. Limited ones are counted by each process
 * alone, or refused, by the policy, and nobody waits for long.
 */
export async function checkRedisAway(
  stack: Stack,
  redis: TestRedisServer,
  policy: "fail-open" | "fail-closed",
): Promise<void> {
  await using client = createGatewayClient(stack.proxyUrl, 64);
  const free = await stack.createWorkspace();
  const away = [
    {
      name: "hangs",
      begin: async () => signal(redis.pid(), "SIGSTOP"),
      end: async () => signal(redis.pid(), "SIGCONT"),
    },
    { name: "has crashed", begin: redis.kill, end: redis.start },
  ];
  for (const { name, begin, end } of away) {
    const limited = await stack.createWorkspace({ apiKeys: [{ limits: { requests_per_minute: limit } }] });
    expect((await call(client, limited.apiKey)).status).toBe(200);
    await begin();
    const [counted, unlimited] = await Promise.all([
      askAll(client, limited.apiKey, 2 * limit),
      askAll(client, free.apiKey, 20),
    ]);
    await end();
    expect(new Set(unlimited.map(({ status }) => status))).toEqual(new Set([200]));
    const passed = counted.filter(({ status }) => status === 200).length;
    const refused = new Set(counted.filter(({ status }) => status !== 200).map(({ code }) => code));
    if (policy === "fail-open") {
      // What Redis counted before may count here as well.
      expect(passed).toBeGreaterThanOrEqual(limit - 5);
      // Its whole local limit, and what flows back in the seconds that this takes.
      expect(passed).toBeLessThanOrEqual(limit + 10);
      expect(refused).toEqual(new Set(["rate_limit_exceeded"]));
    } else {
      expect([passed, refused]).toEqual([0, new Set(["overloaded"])]);
    }
    const longest = Math.max(...counted.map(({ durationMs }) => durationMs));
    expect(longest).toBeLessThanOrEqual(5_000);
    report(
      `Redis ${name}, ${policy}: ${passed} of ${counted.length} pass a limit of ${limit} a minute, answered after ` +
        `${distribution(
          counted.map(({ durationMs }) => durationMs),
          "ms",
        )}; requests without limits notice nothing`,
    );
    await untilCounted(stack, client);
  }
}

type Asked = { status: number; code: string | null; durationMs: number };

async function call(client: GatewayClient, apiKey: string): Promise<Asked> {
  const sentAt = performance.now();
  const answer = await client.call({ apiKey, body: chat("mock-fast") });
  const code = answer.status === 200 ? null : errorCode(answer.body);
  return { status: answer.status, code, durationMs: performance.now() - sentAt };
}

function askAll(client: GatewayClient, apiKey: string, count: number): Promise<Asked[]> {
  return Promise.all(Array.from({ length: count }, () => call(client, apiKey)));
}

/** Redis counts again once a limit of one request is kept and nothing is refused for its absence. */
async function untilCounted(stack: Stack, client: GatewayClient): Promise<void> {
  await waitUntil(
    async () => {
      const { apiKey } = await stack.createWorkspace({ apiKeys: [{ limits: { requests_per_minute: 1 } }] });
      const codes = [(await call(client, apiKey)).code, (await call(client, apiKey)).code];
      return codes.join(" ") === " rate_limit_exceeded" ? true : null;
    },
    { what: "Redis to be asked again", timeoutMs: 20_000 },
  );
}
