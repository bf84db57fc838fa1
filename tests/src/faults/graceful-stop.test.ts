import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import {
  chat,
  createGatewayClient,
  errorCode,
  type GatewayAnswer,
  type GatewayClient,
  headerOf,
  requestIdOf,
} from "../harness/gateway-client.ts";
import { signal } from "../harness/process-tree.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";
import type { TestWorkspace } from "../harness/workspace.ts";

/** A second signal this soon is an echo of the first. */
const echoWindowMs = 1_000;
const endless = "mock?chunks=endless&pace=50";

let stack: Stack;
let client: GatewayClient;
let workspace: TestWorkspace;

beforeAll(async () => {
  stack = await startStack({
    threads: 2,
    environment: { PERPETUO_DRAIN_DELAY_MS: "2000", PERPETUO_DRAIN_GRACE_MS: "3000" },
  });
  client = createGatewayClient(stack.proxyUrl, 32, "fresh");
});

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

it("SIGTERM · not ready at once, serves on for the delay, ends what fits the grace and tells the rest, exit 0", async () => {
  workspace = await stack.createWorkspace();
  const short = begin("ends-in-time", "mock?chunks=50&pace=50");
  const cut = begin("ends-never", endless);
  await untilStreaming("mock?chunks=50&pace=50");
  await untilStreaming(endless);
  await using kept = createGatewayClient(stack.proxyUrl, 1);
  const ask = () => kept.call({ apiKey: workspace.apiKey, body: chat("mock-fast") });
  const before = await ask();
  expect(headerOf(before.headers, "connection")).not.toBe("close");
  const stopped = stack.proxy().stop();

  await waitUntil(async () => ((await fetch(`${stack.proxyUrl}/ready`)).status === 503 ? true : null), {
    what: "the proxy to be not ready",
    timeoutMs: 2_000,
  });
  const late = await begin("comes-late", "mock-fast");
  expect(late.status).toBe(200);
  const after = await ask();
  expect(headerOf(after.headers, "connection")).toBe("close");
  const [whole, told] = await Promise.all([short, cut]);
  expect(whole.body.toString().endsWith("data: [DONE]\n\n")).toBe(true);
  expect(errorCode(told.body)).toBe("server_shutdown");
  expect(told.body.toString()).not.toContain("[DONE]");
  expect(await stopped).toEqual({ code: 0, signal: null });
  const answers = [before, whole, told, late, after];
  const rows = await stack.rows.untilLogged(workspace.id, answers.map(requestIdOf));
  expect(rows).toHaveLength(5);
  const partial = rows.find((row) => row.request_id === "ends-never");
  expect(partial).toMatchObject({ error_code: "server_shutdown", usage_estimated: true });
  expect(partial?.output_tokens).toBeGreaterThan(0);
});

it("a second SIGTERM · the streams are told at once, every row is there, exit 0", async () => {
  await stack.startProxy();
  workspace = await stack.createWorkspace();
  const cut = begin("is-hurried", endless);
  await untilStreaming(endless);
  const proxy = stack.proxy();
  const stopped = proxy.stop();
  await delay(echoWindowMs + 100);
  const hurriedAt = performance.now();
  signal(proxy.pid, "SIGTERM");

  expect(errorCode((await cut).body)).toBe("server_shutdown");
  expect(await stopped).toEqual({ code: 0, signal: null });
  report(
    `second SIGTERM with a stream under way: exit 0 after ${Math.round(performance.now() - hurriedAt)} ms`,
  );
  expect(proxy.log()).toContain("What is under way is ended now.");
  await stack.rows.find("is-hurried");
});

function begin(requestId: string, model: string): Promise<GatewayAnswer> {
  return client.call({
    apiKey: workspace.apiKey,
    headers: { "x-request-id": requestId },
    body: chat(model, model === "mock-fast" ? {} : { stream: true }),
  });
}

async function untilStreaming(model: string): Promise<void> {
  await waitUntil(
    async () => {
      const latest = (await stack.mock.records(model)).at(-1);
      return latest?.status === 200 && latest.outcome === "open" ? true : null;
    },
    { what: `${model} to stream`, timeoutMs: 5_000 },
  );
}
