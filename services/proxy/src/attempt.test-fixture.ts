import type { ModelCall } from "@perpetuo/gateway/adapter";
import type { AttemptDeps, Timeouts } from "./answer.ts";
import { Deadlines } from "./deadlines.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { FakeExchange } from "./exchange.test-fake.ts";
import type { Principal } from "./key-cache.ts";
import { type AttemptInput, attempt } from "./phases/5-attempt.ts";
import { callOf, planOf, principalOf, receiptOf } from "./request.test-fixture.ts";
import { createHealthBuffers, type HealthEvent, TargetHealth } from "./target-health.ts";
import { createLatencyBuffers, TargetLatency } from "./target-latency.ts";
import { TurnEnd } from "./turn-end.ts";
import { ScriptedUpstreams } from "./upstream.test-fake.ts";

const timeouts: Timeouts = {
  connectMs: 5_000,
  firstByteMs: 60_000,
  wholeAnswerMs: 600_000,
  idleMs: 120_000,
  streamMs: 1_800_000,
};

/**
 * One request before its attempt, with a clock that stands still until it is moved. What is drawn is `draw`, 0 where it
 * is absent: then repeats come at once.
 */
export function attemptWorld(
  options: {
    targets?: number;
    /** Instead of one with so many targets. */
    principal?: Principal;
    call?: ModelCall;
    timeoutMs?: number;
    draw?: number;
    dialect?: Dialect;
  } = {},
) {
  const clock = { now: 0 };
  const deadlines = new Deadlines(() => clock.now);
  const upstreams = new ScriptedUpstreams();
  const exchange = new FakeExchange();
  const call = options.call ?? callOf();
  const principal = options.principal ?? principalOf(options.targets ?? 1);
  const receipt = receiptOf(principal, call, options.dialect);
  const plan = planOf(principal, call);
  receipt.plan = plan;
  const input: AttemptInput = { exchange, call, plan, receipt, timeoutMs: options.timeoutMs ?? null };
  const events: HealthEvent[] = [];
  const health = new TargetHealth(createHealthBuffers(16), {
    tick: () => clock.now + 1_000_000,
    random: () => 0,
    observe: (event) => events.push(event),
  });
  const random = () => options.draw ?? 0;
  const turnEnd = new TurnEnd((run) => run());
  const latencies = new TargetLatency(createLatencyBuffers(16), () => clock.now + 1_000_000);
  const now = () => clock.now;
  const deps: AttemptDeps = { upstreams, health, latencies, deadlines, turnEnd, now, timeouts, random };
  return {
    health,
    latencies,
    /** What was told of breakers and retries. */
    events,
    clock,
    deadlines,
    upstreams,
    exchange,
    receipt,
    input,
    deps,
    run: () => attempt(input, deps),
    /** Moves the clock on and lets what is due expire. */
    pass(milliseconds: number) {
      clock.now += milliseconds;
      deadlines.tick();
    },
  };
}

export const streamCall = (members: object = {}): ModelCall => callOf({ stream: true, ...members });

export const delta = (content: string): string =>
  `data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`;
export const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
export const usage =
  'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}\n\n';
export const done = "data: [DONE]\n\n";
