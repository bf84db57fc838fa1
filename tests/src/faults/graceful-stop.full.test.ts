import { expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import { chat, createGatewayClient } from "../harness/gateway-client.ts";
import { startStack } from "../harness/stack.ts";
import { connectToEveryThread } from "../harness/thread-connections.ts";

it("SIGTERM while PostgreSQL is down · exit 0, and the next start finds every row", async () => {
  await using stack = await startStack({ threads: 2, postgres: "own" });
  await using client = createGatewayClient(stack.proxyUrl);
  const { apiKey } = await stack.createWorkspace();
  // So that each thread knows the key.
  const connections = await connectToEveryThread(stack, { threads: 2, apiKey });
  for (const connection of connections) await connection[Symbol.asyncDispose]();
  await stack.postgres.stop();
  const headers = { "x-request-id": "during-outage" };
  const answer = await client.call({ apiKey, headers, body: chat("mock-fast") });
  expect(answer.status).toBe(200);
  const startedAt = performance.now();
  expect(await stack.proxy().stop()).toEqual({ code: 0, signal: null });
  report(`SIGTERM while PostgreSQL is down: exit 0 after ${Math.round(performance.now() - startedAt)} ms`);
  await stack.postgres.start();
  await stack.startProxy();
  expect(await stack.rows.find("during-outage")).toMatchObject({ status_code: 200 });
});
