import type { GatewayAnswer, GatewayClient } from "../harness/gateway-client.ts";
import { chat } from "../harness/gateway-client.ts";
import type { Stack } from "../harness/stack.ts";
import type { TestWorkspace } from "../harness/workspace.ts";
import type { Trap } from "./trap.ts";

/** The running system that all cases share: a workspace that serves any model, and a port that nobody may reach. */
export type World = { stack: Stack; workspace: TestWorkspace; client: GatewayClient; trap: Trap };

/** Sends a chat request with these members and headers beside the usual ones, with the shared workspace's key. */
export function ask(
  { client, workspace }: World,
  model: string,
  extra: { members?: object; headers?: Record<string, string>; apiKey?: string } = {},
): Promise<GatewayAnswer> {
  const { members = {}, headers = {}, apiKey = workspace.apiKey } = extra;
  return client.call({ apiKey, body: chat(model, members), headers });
}
