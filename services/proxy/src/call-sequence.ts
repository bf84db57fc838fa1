import { PerpetuoError } from "@perpetuo/contracts/errors";
import { outcomeOfFailure, type UpstreamFailure } from "@perpetuo/gateway/failure";
import { withoutTarget } from "@perpetuo/gateway/plan";
import { cooldownMs, mayWaitInline, retryDelayMs } from "@perpetuo/gateway/retry-delay";
import type { Target } from "@perpetuo/gateway/routing/target";
import type { AttemptDeps, AttemptResult } from "./answer.ts";
import { answerDueAt } from "./call-limits.ts";
import type { AttemptInput } from "./phases/5-attempt.ts";
import { pauseWork, resumeWork } from "./receipt.ts";
import type { Bar, CallPass, CallVerdict, Entry, RetryGrant } from "./target-health.ts";

/** Spreads the requests that wait for the end of one cooldown, in milliseconds. */
const cooldownSpreadMs = 50;

/** A call that may be made, with what has to be given back when it has ended. */
export type NextCall = { target: Target; pass: CallPass; grant: RetryGrant | null };

/**
 * Which target one request asks next. Others come first, without a wait; where there is none left that has not been
 * asked, one that may have recovered is asked again after a pause. Retries need a place in the budget of the provider
 * key that they go to.
 */
export class CallSequence {
  private readonly input: AttemptInput;
  private readonly deps: AttemptDeps;
  private readonly fresh: Target[];
  private readonly dueAt: number;
  private readonly failures = new Map<Target, UpstreamFailure>();
  /** Failures of calls that were made: a target whose wire cannot carry the request was not called. */
  private failedCalls = 0;
  private repeats = 0;

  constructor(input: AttemptInput, deps: AttemptDeps) {
    this.input = input;
    this.deps = deps;
    this.fresh = [...input.plan.targets];
    this.dueAt = answerDueAt(input, deps.timeouts);
  }

  /** A call to a target that has not been asked, at once; null when there is none left. */
  askFresh(): NextCall | null {
    for (let target = this.fresh.shift(); target !== undefined; target = this.fresh.shift()) {
      const isRetry = this.failedCalls > 0;
      // A target whose own limit is longer than the request's may have used up the time of all others.
      if (isRetry && this.deps.now() >= this.dueAt) return null;
      const grant = isRetry ? this.deps.health.takeRetry(target, "fallback") : null;
      if (isRetry && grant === null) continue;
      const call = this.enter(target, grant);
      if (call !== null) return call;
    }
    return null;
  }

  /**
   * A call after a wait, or one that is made for want of a better; null when nobody is left to ask. Throws
   * `PerpetuoError`: 429 or 503 when no target could be asked at all, and when the request is interrupted meanwhile.
   */
  askLater(): Promise<NextCall | null> {
    return this.failedCalls === 0 ? this.askLastResort() : this.askAgain();
  }

  /** Gives back what a call held and takes in how it ended. Must be called once for each call. */
  ended({ target, pass, grant }: NextCall, result: AttemptResult): void {
    const verdict = this.judge(result);
    this.deps.health.leave(pass, verdict);
    if (grant !== null)
      this.deps.health.returnRetry(grant, verdict.kind === "success" ? "helped" : "in-vain");
    if (result.kind === "answered") return;
    this.failures.set(target, result.failure);
    if (result.refusal === null) this.failedCalls++;
  }

  private judge(result: AttemptResult): CallVerdict {
    if (result.kind === "answered") return { kind: result.malformed ? "failure" : "success" };
    const { failure } = result;
    if (failure.advice === "quota") return { kind: "quota-spent" };
    if (failure.status === 429)
      return { kind: "throttled", cooldownMs: cooldownMs(failure.retryAfterSeconds) };
    // A client that is in a hurry does not make the target a slow one.
    const isOutOfTime = failure.code === "upstream_timeout" && failure.advice === "return";
    return { kind: isOutOfTime && this.isHurried() ? "neutral" : outcomeOfFailure(failure) };
  }

  /** The client's own limit is shorter than the gateway's. */
  private isHurried(): boolean {
    return this.dueAt < answerDueAt({ ...this.input, timeoutMs: null }, this.deps.timeouts);
  }

  /** Asks a target again that may have recovered: the one that is to be waited for least. */
  private async askAgain(): Promise<NextCall | null> {
    const { random } = this.deps;
    const waits = [...this.failures]
      .filter(([, failure]) => failure.advice === "next-target")
      .map(([target, failure]) => ({
        target,
        waitMs: retryDelayMs(failure, { repeats: this.repeats, random }),
      }))
      .flatMap(({ target, waitMs }) => (waitMs === null ? [] : [{ target, waitMs }]))
      .sort((left, right) => left.waitMs - right.waitMs);
    for (const { target, waitMs } of waits) {
      const call = await this.askAfter(waitMs, target);
      if (call !== null) return call;
    }
    return null;
  }

  /**
   * Nobody may be asked, and an answer of the upstream's own is worth more than one of the gateway's: an open breaker
   * lets a probe through every five seconds, and the end of a short cooldown is waited for.
   */
  private async askLastResort(): Promise<NextCall | null> {
    const bars: { target: Target; bar: Bar }[] = [];
    for (const target of this.input.receipt.plan?.passedOver ?? []) {
      if (this.failures.has(target)) continue;
      const entry = this.deps.health.enterAsLastResort(target);
      if (entry.kind === "entered") return { target, pass: entry.pass, grant: null };
      bars.push({ target, bar: entry.bar });
    }
    bars.sort((left, right) => left.bar.remainingMs - right.bar.remainingMs);
    for (const { target, bar } of bars) {
      if (bar.obstacle !== "cooling" || !mayWaitInline(bar.remainingMs)) continue;
      const call = await this.askAfter(bar.remainingMs + this.deps.random() * cooldownSpreadMs, target);
      if (call !== null) return call;
    }
    const [first] = bars;
    if (first === undefined) return null;
    this.input.receipt.target = first.target;
    throw unavailable(first);
  }

  /** Waits and asks; null when there is no time, no budget, or the target may not be asked after all. */
  private async askAfter(waitMs: number, target: Target): Promise<NextCall | null> {
    if (this.deps.now() + waitMs >= this.dueAt) return null;
    const grant = this.deps.health.takeRetry(target, "repeat");
    if (grant === null) return null;
    try {
      await this.wait(waitMs);
    } catch (error) {
      this.deps.health.returnRetry(grant, "unused");
      throw error;
    }
    this.repeats++;
    return this.enter(target, grant);
  }

  private enter(target: Target, grant: RetryGrant | null): NextCall | null {
    const entry: Entry = this.deps.health.enter(target);
    if (entry.kind === "entered") return { target, pass: entry.pass, grant };
    if (grant !== null) this.deps.health.returnRetry(grant, "unused");
    const { receipt } = this.input;
    if (receipt.plan !== null && !this.failures.has(target) && receipt.plan.targets.includes(target)) {
      receipt.plan = withoutTarget(receipt.plan, target, entry.bar.reason);
    }
    return null;
  }

  /** Rejects with a `PerpetuoError` when the client leaves or the instance stops. The wait is not the gateway's work. */
  private async wait(milliseconds: number): Promise<void> {
    if (milliseconds <= 0) return;
    const { exchange, receipt } = this.input;
    const { deadlines, now } = this.deps;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    pauseWork(receipt, now());
    const deadline = deadlines.add(now() + milliseconds, resolve);
    exchange.onInterruption((reason) => {
      deadlines.clear(deadline);
      reject(new PerpetuoError(reason === "server-stopping" ? "server_shutdown" : "client_closed_request"));
    });
    try {
      await promise;
    } finally {
      resumeWork(receipt, now());
    }
  }
}

function unavailable({ target, bar }: { target: Target; bar: Bar }): PerpetuoError {
  const { provider } = target.providerKey;
  const throttled = bar.obstacle === "cooling" || bar.obstacle === "quota";
  return new PerpetuoError(throttled ? "upstream_rate_limited" : "upstream_unavailable", {
    message: throttled
      ? `The provider '${provider}' refuses further requests of this provider key for now.`
      : `The provider '${provider}' has been failing for this model, and is asked again soon.`,
    internal: bar.reason,
    retryAfterSeconds: Math.max(1, Math.ceil(bar.remainingMs / 1_000)),
  });
}
