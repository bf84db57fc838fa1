import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Cleanup } from "../harness/cleanup.ts";
import { type ControlUser, signUp } from "../harness/control-api.ts";
import {
  chat,
  createGatewayClient,
  type GatewayAnswer,
  type GatewayClient,
} from "../harness/gateway-client.ts";
import { type Stack, type StackOptions, startStack } from "../harness/stack.ts";
import type { TestWorkspace } from "../harness/workspace.ts";
import { startTellingUpstream, type TellingUpstream } from "./telling-upstream.ts";
import { setTrap, type Trap } from "./trap.ts";

/** The running system that all cases share. */
export type World = {
  stack: Stack;
  /** Serves any model. */
  workspace: TestWorkspace;
  /** Somebody who signed up, with a workspace of their own. */
  user: ControlUser;
  client: GatewayClient;
  /** A port that nobody may reach. */
  trap: Trap;
  /** What keys of the provider `openai-compatible` call. */
  telling: TellingUpstream;
  /** Where the gateway writes. */
  dataDir: string;
};

/** Sends a chat request with these members and headers beside the usual ones, with the shared workspace's key. */
export function ask(
  { client, workspace }: World,
  model: string,
  extra: { members?: object; headers?: Record<string, string>; apiKey?: string } = {},
): Promise<GatewayAnswer> {
  const { members = {}, headers = {}, apiKey = workspace.apiKey } = extra;
  return client.call({ apiKey, body: chat(model, members), headers });
}

/** Loaded into the gateway, so that a name that is not an address leads to this machine. */
const preload = new URL("./inside-names.test-preload.ts", import.meta.url).href;

type WorldOptions = Pick<StackOptions, "postgres" | "environment">;

/** Starts a gateway that may dial public addresses only, but for those that its operator has set. */
export async function startWorld(options: WorldOptions = {}): Promise<World & AsyncDisposable> {
  const cleanup = new Cleanup();
  try {
    const world = await assemble(options, cleanup);
    return { ...world, [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose]() };
  } catch (error) {
    await cleanup[Symbol.asyncDispose]();
    throw error;
  }
}

async function assemble(options: WorldOptions, cleanup: Cleanup): Promise<World> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "perpetuo-abuse-"));
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  const telling = cleanup.use(await startTellingUpstream());
  const environment = {
    PERPETUO_DATA_DIR: dataDir,
    PERPETUO_ALLOW_PRIVATE_UPSTREAMS: "false",
    // Calls that hang in the middle of a stream are over soon.
    PERPETUO_IDLE_TIMEOUT_MS: "2000",
    ...options.environment,
    NODE_OPTIONS: `--import ${preload}`,
  };
  const providerBaseUrls = { "openai-compatible": telling.baseUrl };
  const stack = cleanup.use(
    await startStack({ ...options, threads: 2, control: true, environment, providerBaseUrls }),
  );
  return {
    stack,
    workspace: await stack.createWorkspace(),
    user: await signUp(stack.controlUrl),
    client: cleanup.use(createGatewayClient(stack.proxyUrl)),
    trap: cleanup.use(await setTrap()),
    telling,
    dataDir,
  };
}
