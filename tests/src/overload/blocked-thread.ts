import { expect } from "vitest";
import { report } from "../harness/figures.ts";
import { findFreePorts } from "../harness/free-ports.ts";
import { chat } from "../harness/gateway-client.ts";
import { readMetric } from "../harness/proxy-metrics.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";
import type { TestWorkspace } from "../harness/workspace.ts";
import { occurrences, untilOneGeneration } from "../restarts/roll.ts";
import { block, blockable, connectToBothThreads } from "./blocking.ts";

/** A fifth of the default. */
const stuckMs = 2_000;
const forever = 600_000;

/** `watchUrl` is where the process's main thread answers. */
export type BlockableStack = { stack: Stack; workspace: TestWorkspace; watchUrl: string };

export async function startBlockableStack(): Promise<BlockableStack> {
  const [metricsPort = 0] = await findFreePorts(1);
  const environment = {
    ...blockable,
    METRICS_PORT: String(metricsPort),
    PERPETUO_STUCK_THREAD_MS: String(stuckMs),
    PERPETUO_DRAIN_GRACE_MS: "30000",
  };
  const stack = await startStack({ threads: 2, environment });
  const watchUrl = `http://127.0.0.1:${metricsPort}`;
  return { stack, workspace: await stack.createWorkspace(), watchUrl };
}

/** Blocked for a while: not ready, written down with its stack, and ready again; its requests are answered. */
export async function checkBlockForAWhile({ stack, workspace, watchUrl }: BlockableStack): Promise<void> {
  const [blocked, other] = await connectToBothThreads(stack);
  const ready = async () => {
    const answer = await other.send("/ready");
    return { status: answer.statusCode, body: await answer.body.text() };
  };
  const until = (status: number) =>
    waitUntil(
      async () => {
        const now = await ready();
        return now.status === status ? now.body : null;
      },
      { what: `${status} from /ready`, timeoutMs: 10_000 },
    );
  const answering = block(blocked, workspace.apiKey, 1_800);
  const beganAt = performance.now();
  expect(await until(503)).toContain("a thread is blocked");
  const noticedMs = performance.now() - beganAt;
  expect((await fetch(`${watchUrl}/health`)).status).toBe(200);
  expect(await (await fetch(`${watchUrl}/ready`)).text()).toContain("a thread is blocked");
  expect(await readMetric(watchUrl, "perpetuo_threads_blocked")).toBe(1);
  const answer = await answering;
  expect(answer.statusCode).toBe(200);
  await answer.body.dump();
  await until(200);
  expect((await fetch(`${watchUrl}/ready`)).status).toBe(200);
  await untilLogged(stack, "A blocked thread goes on");
  expect(stack.proxy().log()).toMatch(/"stack":\[[^\]]*blockTheLoop/);
  report(`a blocked thread: not ready after ${(noticedMs / 1_000).toFixed(2)} s`);
  await Promise.all([blocked, other].map((line) => line[Symbol.asyncDispose]()));
}

/** Blocked for good: the process is replaced, and the stream on the other thread runs to its end. */
export async function checkBlockForGood({ stack, workspace }: BlockableStack): Promise<void> {
  const [blocked, other] = await connectToBothThreads(stack);
  const authorization = `Bearer ${workspace.apiKey}`;
  const body = chat("mock?chunks=60&pace=100", { stream: true });
  const streaming = await other.send("/v1/chat/completions", { headers: { authorization }, body });
  const beganAt = performance.now();
  // Nobody can answer this one: it ends with its process.
  const lost = block(blocked, workspace.apiKey, forever).then(
    (answer) => answer.statusCode,
    () => "broken" as const,
  );
  await untilLogged(stack, "The new generation serves");
  const replacedMs = performance.now() - beganAt;
  const text = await streaming.body.text();
  expect(occurrences(text, '"delta":{"content":"')).toBeGreaterThanOrEqual(60);
  expect(text).toContain("data: [DONE]");
  const [first, second] = await connectToBothThreads(stack);
  for (const line of [first, second]) {
    const answer = await line.send("/v1/chat/completions", {
      headers: { authorization },
      body: chat("mock?chunks=1"),
    });
    expect(answer.statusCode).toBe(200);
    await answer.body.dump();
  }
  await Promise.all([other, first, second].map((line) => line[Symbol.asyncDispose]()));
  await untilOneGeneration(stack, 60_000);
  expect(await lost).toBe("broken");
  report(
    `a thread blocked for good, given up after ${stuckMs / 1_000} s: another process serves ` +
      `${(replacedMs / 1_000).toFixed(1)} s after the block, the other thread's stream was not cut`,
  );
}

function untilLogged(stack: Stack, text: string): Promise<true> {
  return waitUntil(async () => (occurrences(stack.proxy().log(), text) > 0 ? true : null), {
    what: `"${text}" in the log`,
    timeoutMs: 20_000,
    details: stack.proxy().log,
  });
}
