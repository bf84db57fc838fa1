import { expect, it } from "vitest";
import { chat, createGatewayClient, errorCode, type GatewayAnswer } from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";

const graceMs = 3000;

it("SIGTERM with streams under way · they end as they should, the rest is told, every row is there, exit 0", async () => {
  await using stack = await startStack({
    threads: 2,
    environment: { PERPETUO_DRAIN_GRACE_MS: String(graceMs) },
  });
  await using client = createGatewayClient(stack.proxyUrl);
  const workspace = await stack.createWorkspace();
  const begin = (requestId: string, model: string): Promise<GatewayAnswer> =>
    client.call({
      apiKey: workspace.apiKey,
      headers: { "x-request-id": requestId },
      body: chat(model, { stream: true }),
    });
  const short = begin("ends-in-time", "mock?chunks=20&pace=50");
  const endless = begin("ends-never", "mock?chunks=endless&pace=50");
  await untilStreaming(stack, "mock?chunks=20&pace=50");
  await untilStreaming(stack, "mock?chunks=endless&pace=50");
  const stopped = stack.proxy().stop();

  const [whole, cut] = await Promise.all([short, endless]);
  expect(whole.body.toString().endsWith("data: [DONE]\n\n")).toBe(true);
  expect(errorCode(cut.body)).not.toBeNull();
  expect(cut.body.toString()).not.toContain("[DONE]");
  expect(await stopped).toEqual({ code: 0, signal: null });
  const rows = await stack.rows.untilCount(workspace.id, 2);
  expect(rows.map((row) => row.request_id).sort()).toEqual(["ends-in-time", "ends-never"]);
});

async function untilStreaming(stack: Stack, model: string): Promise<void> {
  await waitUntil(async () => ((await stack.mock.records(model))[0]?.status === 200 ? true : null), {
    what: `${model} to stream`,
    timeoutMs: 5000,
  });
}
