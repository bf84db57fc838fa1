import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import {
  chat,
  createGatewayClient,
  errorCode,
  type GatewayAnswer,
  type GatewayClient,
} from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";

/** The gateway's own limit for an answer, a four-hundredth of the default. */
const answerMs = 1_500;
const clientMs = 500;
/** Deadlines are looked at every 50 ms; the rest is for a loaded machine. */
const slackMs = 2_000;

let stack: Stack;
let client: GatewayClient;
beforeAll(async () => {
  const environment = { PERPETUO_ANSWER_TIMEOUT_MS: String(answerMs), PERPETUO_IDLE_TIMEOUT_MS: "12000" };
  stack = await startStack({ environment });
  client = createGatewayClient(stack.proxyUrl);
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

type Asked = { answer: GatewayAnswer; tookMs: number };

/** Asks a workspace of so many provider keys, with the client's own limit. */
async function ask(
  model: string,
  limitMs: number,
  more: { keys?: number; stream?: boolean } = {},
): Promise<Asked> {
  const { keys = 1, stream = false } = more;
  const { apiKey } = await stack.createWorkspace({ providerKeys: Array.from({ length: keys }, () => ({})) });
  const headers = { "x-perpetuo-timeout-ms": String(limitMs) };
  const startedAt = performance.now();
  const answer = await client.call({ apiKey, headers, body: chat(model, { stream }) });
  return { answer, tookMs: performance.now() - startedAt };
}

async function expectTimeout({ answer, tookMs }: Asked, limitMs: number): Promise<void> {
  expect(answer.status).toBe(504);
  expect(errorCode(answer.body)).toBe("upstream_timeout");
  expect(tookMs).toBeGreaterThanOrEqual(limitMs - 1);
  expect(tookMs).toBeLessThan(limitMs + slackMs);
  const row = await stack.rows.find(String(answer.headers["x-request-id"]));
  expect(row).toMatchObject({ status_code: 504, error_code: "upstream_timeout" });
  expect(row.attempts).toHaveLength(1);
  report(`a limit of ${limitMs} ms: answered ${(tookMs - limitMs).toFixed(0)} ms after it`);
}

describe("x-perpetuo-timeout-ms", () => {
  it.each([false, true])("nothing comes (stream %s) · 504 when the client's time is over", async (stream) => {
    await expectTimeout(await ask("mock?hang=head", clientMs, { stream }), clientMs);
  });

  it("another target is left · is not asked, because no time is left", async () => {
    await expectTimeout(await ask("mock?hang=head", clientMs, { keys: 2 }), clientMs);
  });

  it.each([false, true])(
    "a longer time than the gateway's (stream %s) · does not lengthen it",
    async (stream) => {
      await expectTimeout(await ask("mock?hang=head", 60_000, { stream }), answerMs);
    },
  );

  it("a stream that has begun in time · goes on to its end", async () => {
    const { answer, tookMs } = await ask("mock?chunks=20&pace=100", 1_000, { stream: true });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain("data: [DONE]");
    expect(tookMs).toBeGreaterThan(answerMs);
  });

  it("a wait for a second try that would take longer · is not begun", async () => {
    const { answer, tookMs } = await ask("mock?status=429&retry_after=4", clientMs);
    expect(answer.status).toBe(429);
    expect(tookMs).toBeLessThan(clientMs + slackMs);
  });
});
