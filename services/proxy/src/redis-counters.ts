import type { Limits } from "@perpetuo/contracts/limits";
import { type Demand, dayOf, type LimitName, monthOf, rateStatusOf } from "@perpetuo/gateway/limits";
import {
  type Admission,
  type AdmissionOutcome,
  type Counters,
  type LimitSubject,
  tighter,
  unlimitedAdmission,
} from "./counters.ts";
import { admitScript, chargeScript, renewScript, settleScript } from "./redis-limit-scripts.ts";
import { UnreportedSpending } from "./unreported-spending.ts";

/** The one thing that is asked of a Redis client. Rejects when Redis does not answer in time. */
export type ScriptRunner = {
  run(script: string, keys: string[], values: string[]): Promise<unknown>;
};

export type RedisCountersOptions = {
  redis: ScriptRunner;
  /** What to do while Redis is away: count in this process alone, or refuse. */
  whenAway: { kind: "fail-open"; local: Counters } | { kind: "fail-closed" };
  newLeaseId: () => string;
  /** Epoch milliseconds. */
  wallClock: () => number;
  onAway: (error: unknown) => void;
};

/** A request that is not renewed for this long belongs to a process that is gone; what it held is free again. */
const leaseMs = 30_000;
export const renewEveryMs = 10_000;
/** After a failure nobody waits for Redis for so long; then the next request tries it again. */
const restMs = 1_000;
/** Sums a script: Redis serves nobody else while it runs. */
const longestReport = 1_000;

const limitOrder: LimitName[] = [
  "requests_per_minute",
  "tokens_per_minute",
  "concurrent_requests",
  "budget_daily_micros",
  "budget_monthly_micros",
];

/** Where a reservation is held: a lease in Redis, or the local counters while Redis was away. */
type Held = { kind: "leased"; lease: string } | { kind: "local" };

/** Limits across machines: each admission and each settlement is one atomic script. */
export class RedisCounters implements Counters {
  private readonly options: RedisCountersOptions;
  private readonly held = new Map<Admission, Held>();
  private readonly unreported = new UnreportedSpending();
  /** Epoch milliseconds; a clock that is set back cannot make the rest longer than `restMs`. */
  private restsSince = Number.NEGATIVE_INFINITY;

  constructor(options: RedisCountersOptions) {
    this.options = options;
  }

  async admit(
    subjects: readonly LimitSubject[],
    demand: Demand,
    acceptedTime: number,
  ): Promise<AdmissionOutcome> {
    const now = this.options.wallClock();
    if (now >= this.restsSince && now < this.restsSince + restMs)
      return this.admitWithoutRedis(subjects, demand, acceptedTime);
    const lease = this.options.newLeaseId();
    const values = [lease, leaseMs, demand.tokens, demand.costMicros, dayOf(now), monthOf(now)].map(String);
    for (const subject of subjects) values.push(...valuesOf(subject));
    let answer: unknown[];
    try {
      await this.report();
      answer = (await this.options.redis.run(admitScript, keysOf(subjects), values)) as unknown[];
    } catch (error) {
      this.rest(error);
      return this.admitWithoutRedis(subjects, demand, acceptedTime);
    }
    if (Number(answer[0]) !== 0) return refusalOf(subjects, answer);
    const admission = admissionOf(subjects, { demand, acceptedTime, used: answer.slice(1).map(Number) });
    this.held.set(admission, { kind: "leased", lease });
    return { kind: "admitted", admission };
  }

  settle(admission: Admission, actual: Demand): void {
    const held = this.held.get(admission);
    this.held.delete(admission);
    const { whenAway, redis, wallClock } = this.options;
    const { subjects, demand, acceptedTime } = admission;
    if (held?.kind === "local" && whenAway.kind === "fail-open") {
      whenAway.local.settle(admission, actual);
      this.unreported.add(subjects, actual.costMicros, acceptedTime);
    }
    if (held?.kind !== "leased") return;
    const now = wallClock();
    const numbers = [
      actual.tokens - demand.tokens,
      actual.costMicros,
      dayOf(acceptedTime),
      monthOf(acceptedTime),
    ];
    const limits = subjects.map(({ limits: { tokens_per_minute } }) => tokens_per_minute ?? 0);
    const values = [held.lease, ...[...numbers, dayOf(now), monthOf(now), ...limits].map(String)];
    // A settlement that is lost leaves its lease to lapse, and its cost is told again. One that arrived without an
    // answer is counted twice: a budget errs towards its owner.
    redis.run(settleScript, keysOf(subjects), values).catch((error: unknown) => {
      this.rest(error);
      this.unreported.add(subjects, actual.costMicros, acceptedTime);
    });
  }

  /** Keeps what is under way; called every ten seconds. */
  async renew(): Promise<void> {
    const keys: string[] = [];
    const leases: string[] = [];
    for (const [{ subjects }, held] of this.held) {
      if (held.kind !== "leased") continue;
      for (const subject of subjects) {
        keys.push(leasesKey(subject));
        leases.push(held.lease);
      }
    }
    try {
      await this.report();
      if (keys.length > 0) await this.options.redis.run(renewScript, keys, [String(leaseMs), ...leases]);
    } catch (error) {
      this.rest(error);
    }
  }

  /** Tells Redis what was spent without it. Rejects, and keeps the sums, when it is still away. */
  private async report(): Promise<void> {
    if (this.unreported.size === 0) return;
    const sums = this.unreported.take(longestReport);
    const now = this.options.wallClock();
    const values = sums.flatMap(({ costMicros, day, month }) => [costMicros, day, month]);
    try {
      await this.options.redis.run(
        chargeScript,
        sums.map(limitsKey),
        [dayOf(now), monthOf(now), ...values].map(String),
      );
    } catch (error) {
      for (const sum of sums) this.unreported.put(sum);
      throw error;
    }
  }

  private rest(error: unknown): void {
    this.restsSince = this.options.wallClock();
    this.options.onAway(error);
  }

  private async admitWithoutRedis(
    subjects: readonly LimitSubject[],
    demand: Demand,
    acceptedTime: number,
  ): Promise<AdmissionOutcome> {
    const { whenAway } = this.options;
    if (whenAway.kind === "fail-closed") return { kind: "unavailable", reason: "Redis is unreachable" };
    const outcome = await whenAway.local.admit(subjects, demand, acceptedTime);
    if (outcome.kind === "admitted") this.held.set(outcome.admission, { kind: "local" });
    return outcome;
  }
}

function keysOf(subjects: readonly LimitSubject[]): string[] {
  return subjects.flatMap((subject) => [limitsKey(subject), leasesKey(subject)]);
}

function limitsKey({ id }: { id: string }): string {
  return `perpetuo:limits:${id}`;
}

function leasesKey({ id }: LimitSubject): string {
  return `perpetuo:leases:${id}`;
}

function valuesOf({ limits, spent }: LimitSubject): string[] {
  const sums = spent === null ? [0, 0, 0, 0] : [spent.day, spent.day_micros, spent.month, spent.month_micros];
  return [...limitOrder.map((name) => limits[name] ?? 0), ...sums].map(String);
}

function refusalOf(
  subjects: readonly LimitSubject[],
  [index, limitIndex, wait]: unknown[],
): AdmissionOutcome {
  const subject = subjects[Number(index) - 1] as LimitSubject;
  const limit = limitOrder[Number(limitIndex) - 1] as keyof Limits;
  const waitMs = Number(wait);
  return {
    kind: "refused",
    scope: subject.scope,
    limit,
    allowed: subject.limits[limit] ?? 0,
    retryAfterMs: waitMs < 0 ? null : waitMs,
  };
}

function admissionOf(
  subjects: readonly LimitSubject[],
  { demand, acceptedTime, used }: { demand: Demand; acceptedTime: number; used: number[] },
): Admission {
  const admission: Admission = { ...unlimitedAdmission(acceptedTime), subjects, demand };
  for (const [index, { limits }] of subjects.entries()) {
    const requests = rateStatusOf(limits.requests_per_minute, used[index * 2] ?? 0);
    const tokens = rateStatusOf(limits.tokens_per_minute, used[index * 2 + 1] ?? 0);
    admission.requests = tighter(admission.requests, requests);
    admission.tokens = tighter(admission.tokens, tokens);
  }
  return admission;
}
