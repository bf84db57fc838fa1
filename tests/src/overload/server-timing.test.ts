import { Client } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  chat,
  createGatewayClient,
  type GatewayClient,
  headerOf,
  requestIdOf,
} from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import type { TestWorkspace } from "../harness/workspace.ts";

const latencyMs = 120;
const phases = ["auth", "admit", "plan", "ttfb", "overhead"];

let stack: Stack;
let client: GatewayClient;
let workspace: TestWorkspace;
beforeAll(async () => {
  stack = await startStack();
  client = createGatewayClient(stack.proxyUrl);
  workspace = await stack.createWorkspace({ providerKeys: [{ models: ["mock"] }, { models: null }] });
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

/** The header's entries in order, by the grammar of https://www.w3.org/TR/server-timing/. */
function readTiming(header: string | null): [name: string, milliseconds: number][] {
  return (header ?? "").split(", ").map((entry) => {
    const parts = /^([a-z]+);dur=(\d+\.\d{3})$/.exec(entry);
    if (parts === null) throw new Error(`This is no entry of Server-Timing: ${entry}`);
    return [String(parts[1]), Number(parts[2])];
  });
}

describe("server-timing", () => {
  it.each([false, true])(
    "an answer (stream %s) · every phase, the provider's time in ttfb and not in overhead",
    async (stream) => {
      const body = chat(`mock?latency=${latencyMs}&chunks=2`, { stream });
      const answer = await client.call({ apiKey: workspace.apiKey, body });
      expect(answer.status).toBe(200);
      const timing = readTiming(headerOf(answer.headers, "server-timing"));
      expect(timing.map(([name]) => name)).toEqual(phases);
      const { ttfb = 0, overhead = 0, auth = 0, plan = 0 } = Object.fromEntries(timing);
      // The provider's clock rounds to milliseconds.
      expect(ttfb).toBeGreaterThanOrEqual(latencyMs - 2);
      expect(auth + plan).toBeLessThanOrEqual(overhead);
      const row = await stack.rows.find(requestIdOf(answer));
      expect(row.status_code).toBe(200);
    },
  );

  it.each<[string, Record<string, string>, object, number, string[]]>([
    ["an unknown key", { authorization: "Bearer nobody" }, chat("mock"), 401, ["overhead"]],
    ["no JSON type", { "content-type": "text/plain" }, chat("mock"), 415, ["overhead"]],
    ["no messages", {}, { model: "mock" }, 400, ["auth", "overhead"]],
  ])("%s · %o · what was reached", async (...[, headers, body, status, names]) => {
    const answer = await client.call({ apiKey: workspace.apiKey, body, headers });
    expect(answer.status).toBe(status);
    const timing = readTiming(headerOf(answer.headers, "server-timing"));
    expect(timing.map(([name]) => name)).toEqual(names);
  });

  it.each([
    ["GET", "/health", 200],
    ["GET", "/ready", 200],
    ["GET", "/metrics", 200],
    ["GET", "/nowhere", 404],
    ["DELETE", "/v1/models", 405],
    ["GET", "/v1/models", 401],
  ] as const)("%s %s · the gateway's own time", async (method, path, status) => {
    const direct = new Client(stack.proxyUrl);
    const answer = await direct.request({ method, path });
    await answer.body.dump();
    await direct.close();
    expect(answer.statusCode).toBe(status);
    const timing = readTiming(headerOf(answer.headers, "server-timing"));
    expect(timing.map(([name]) => name)).toEqual(["overhead"]);
  });
});
