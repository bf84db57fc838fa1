import { afterAll, beforeAll } from "vitest";
import { createGatewayClient, type GatewayClient } from "../../harness/gateway-client.ts";
import type { RequestRow } from "../../harness/request-rows.ts";
import {
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from "../../harness/scripted-upstream.ts";
import { type Stack, startStack } from "../../harness/stack.ts";
import type { ProviderKeyPlan, TestWorkspace } from "../../harness/workspace.ts";
import { assertLedger, type LedgerBalance } from "../../ledger/assert-ledger.ts";
import { type ClientLedger, createClientLedger } from "../../ledger/client-ledger.ts";
import type { UpstreamBook } from "../../ledger/upstream-record.ts";

/**
 * The clocks of the suite in milliseconds: a connection's is a tenth of the default, the others a hundredth of it, but
 * for the first byte, which a loaded machine must be able to keep.
 */
export const clocks = { connect: 500, firstByte: 1_500, wholeAnswer: 6_000, idle: 1_200, stream: 18_000 };

/** One gateway, the mock provider and a scripted upstream, which all cases of a file share. */
export type World = {
  readonly stack: Stack;
  readonly client: GatewayClient;
  readonly upstream: ScriptedUpstream;
  /** Answers the calls to OpenAI's address, to which the connections of all tenants are shared. */
  share(script: Script): void;
};

/** What one case works with: a ledger of its own, which `close` holds against all books. */
export type Case = World & {
  readonly ledger: ClientLedger;
  /** A workspace whose provider keys come in this order of priority. */
  workspace(...targets: CaseTarget[]): Promise<TestWorkspace>;
  rows(workspace: TestWorkspace): Promise<RequestRow[]>;
  /** Fails when the books disagree. */
  close(...books: UpstreamBook[]): Promise<LedgerBalance>;
};

/** A script of the scripted upstream, `mock` for the mock provider, a base URL, or a whole plan. */
export type CaseTarget = Script | "mock" | { url: string } | ProviderKeyPlan;

/** Starts the world of a test file, and ends it. */
export function useWorld(): World {
  let world: World | null = null;
  const current = (): World => {
    if (world === null) throw new Error("The world begins with the first test.");
    return world;
  };
  let shared: Script = ({ end }) => end("fin");
  beforeAll(async () => {
    const upstream = await startScriptedUpstream();
    const stack = await startStack({
      providerBaseUrls: { openai: upstream.serve((call) => shared(call)) },
      environment: {
        PERPETUO_CONNECT_TIMEOUT_MS: String(clocks.connect),
        PERPETUO_FIRST_BYTE_TIMEOUT_MS: String(clocks.firstByte),
        PERPETUO_ANSWER_TIMEOUT_MS: String(clocks.wholeAnswer),
        PERPETUO_IDLE_TIMEOUT_MS: String(clocks.idle),
        PERPETUO_STREAM_TIMEOUT_MS: String(clocks.stream),
      },
    });
    world = { stack, upstream, share, client: createGatewayClient(stack.proxyUrl, 64) };
  });
  afterAll(async () => {
    await world?.client[Symbol.asyncDispose]();
    await world?.upstream[Symbol.asyncDispose]();
    await world?.stack[Symbol.asyncDispose]();
  });
  const share = (script: Script): void => {
    shared = script;
  };
  return {
    share,
    get stack() {
      return current().stack;
    },
    get client() {
      return current().client;
    },
    get upstream() {
      return current().upstream;
    },
  };
}

let cases = 0;

/** Opens a case; its name begins the ids of its requests. */
export function openCase({ stack, client, upstream, share }: World, name: string): Case {
  const ledger = createClientLedger(client, `${name}-${cases++}`);
  const planOf = (target: CaseTarget): ProviderKeyPlan => {
    if (target === "mock") return { provider: "mock" };
    if (typeof target === "function")
      return { provider: "openai-compatible", base_url: upstream.serve(target) };
    return "url" in target ? { provider: "openai-compatible", base_url: target.url } : target;
  };
  return {
    stack,
    client,
    upstream,
    share,
    ledger,
    workspace: (...targets) => stack.createWorkspace({ providerKeys: targets.map(planOf) }),
    rows: ({ id }) => stack.rows.all(id),
    close: (...books) => assertLedger({ stack, ledger, upstreams: [upstream.book, ...books] }),
  };
}

/** Runs `run` for 0 … count − 1, so many at a time. */
export async function times(
  count: number,
  concurrency: number,
  run: (turn: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: Math.min(count, concurrency) }, worker));
}
