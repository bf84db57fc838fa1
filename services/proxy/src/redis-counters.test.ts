import { randomUUID } from "node:crypto";
import { dayOf, monthOf } from "@perpetuo/gateway/limits";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { AdmissionOutcome, Counters, LimitSubject } from "./counters.ts";
import { startRedis, type TestRedis } from "./redis.test-server.ts";
import { connectRedis, type RedisConnection } from "./redis-connection.ts";
import { RedisCounters, type RedisCountersOptions } from "./redis-counters.ts";

const noon = Date.UTC(2026, 0, 31, 12);
const nothing = { tokens: 0, costMicros: 0 };
const ignore = () => undefined;
const listener = { onConnected: ignore, onError: ignore };

let server: TestRedis;
/** Two machines, each with a connection of its own. */
let machines: RedisConnection[];

beforeAll(async () => {
  server = await startRedis();
  machines = [connectRedis(server.url, listener), connectRedis(server.url, listener)];
  for (const machine of machines) {
    await vi.waitFor(async () => expect(await machine.run("return 1", [], [])).toBe(1));
  }
});

afterAll(async () => {
  for (const machine of machines) await machine[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const spentToday = (micros: number) => ({
  day: dayOf(noon),
  day_micros: micros,
  month: monthOf(noon),
  month_micros: micros,
});

const countersOn = (redis: RedisCountersOptions["redis"], changes: Partial<RedisCountersOptions> = {}) =>
  new RedisCounters({
    redis,
    whenAway: { kind: "fail-closed" },
    newLeaseId: randomUUID,
    wallClock: () => noon,
    onAway: ignore,
    ...changes,
  });

const subjectWith = (limits: LimitSubject["limits"], spent: LimitSubject["spent"] = null): LimitSubject => ({
  scope: "api_key",
  id: randomUUID(),
  limits,
  spent,
});

const admitted = (outcome: AdmissionOutcome) => {
  if (outcome.kind !== "admitted") throw new Error(outcome.kind);
  return outcome.admission;
};

describe("RedisCounters", () => {
  test("200 at once from two machines on 10 requests a minute · exactly 10 pass, the rest are told when", async () => {
    const subject = subjectWith({ requests_per_minute: 10 });
    const counters = machines.map((machine) => countersOn(machine));
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => counters[index % 2]?.admit([subject], nothing, noon)),
    );
    expect(outcomes.filter((outcome) => outcome?.kind === "admitted")).toHaveLength(10);
    const refused = outcomes.find((outcome) => outcome?.kind === "refused");
    expect(refused).toMatchObject({ limit: "requests_per_minute", allowed: 10, scope: "api_key" });
    const waitMs = refused?.kind === "refused" ? refused.retryAfterMs : null;
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(6_000);
  });

  test("one at a time · the place is free for another machine after settlement", async () => {
    const [one, other] = machines.map((machine) => countersOn(machine)) as [RedisCounters, RedisCounters];
    const subject = subjectWith({ concurrent_requests: 1 });
    const admission = admitted(await one.admit([subject], nothing, noon));
    expect(await other.admit([subject], nothing, noon)).toMatchObject({ limit: "concurrent_requests" });
    one.settle(admission, nothing);
    await vi.waitFor(async () => expect((await other.admit([subject], nothing, noon)).kind).toBe("admitted"));
  });

  test("a budget · counts reservations, starts from the database's sums, and takes what was really spent", async () => {
    const [one, other] = machines.map((machine) => countersOn(machine)) as [RedisCounters, RedisCounters];
    const subject = subjectWith({ budget_daily_micros: 100 }, spentToday(40));
    const cost = (costMicros: number) => ({ tokens: 0, costMicros });
    const first = admitted(await one.admit([subject], cost(50), noon));
    expect(await other.admit([subject], cost(11), noon)).toMatchObject({
      limit: "budget_daily_micros",
      retryAfterMs: null,
    });
    one.settle(first, cost(5));
    const second = await vi.waitFor(async () => admitted(await other.admit([subject], cost(55), noon)));
    other.settle(second, cost(55));
    // Reserved or spent, it is the same sum: nothing is left.
    expect((await one.admit([subject], cost(1), noon)).kind).toBe("refused");
    const tomorrow = countersOn(machines[0] as RedisConnection, { wallClock: () => noon + 86_400_000 });
    expect((await tomorrow.admit([subject], cost(100), noon + 86_400_000)).kind).toBe("admitted");
  });

  test("tokens · the unused part of an estimate comes back", async () => {
    const counters = countersOn(machines[0] as RedisConnection);
    const subject = subjectWith({ tokens_per_minute: 600 });
    const admission = admitted(await counters.admit([subject], { tokens: 600, costMicros: 0 }, noon));
    expect(admission.tokens).toMatchObject({ limit: 600, remaining: 0 });
    counters.settle(admission, { tokens: 100, costMicros: 0 });
    const next = admitted(await counters.admit([subject], { tokens: 400, costMicros: 0 }, noon));
    expect(next.tokens?.remaining).toBeGreaterThanOrEqual(100);
  });

  test("key and workspace · a refusal by one takes nothing from the other", async () => {
    const counters = countersOn(machines[0] as RedisConnection);
    const roomy = subjectWith({ requests_per_minute: 5 });
    const full = subjectWith({ concurrent_requests: 1 });
    admitted(await counters.admit([roomy, full], nothing, noon));
    expect((await counters.admit([roomy, full], nothing, noon)).kind).toBe("refused");
    expect(admitted(await counters.admit([roomy], nothing, noon)).requests?.remaining).toBe(3);
  });

  test("a lease that lapsed with its process · gives its place and its reservation back", async () => {
    const gone = countersOn(machines[0] as RedisConnection);
    const subject = subjectWith({ concurrent_requests: 1, budget_daily_micros: 10 });
    admitted(await gone.admit([subject], { tokens: 0, costMicros: 10 }, noon));
    await server.command(["ZADD", `perpetuo:leases:${subject.id}`, "1", await leaseOf(subject)]);
    expect((await gone.admit([subject], { tokens: 0, costMicros: 10 }, noon)).kind).toBe("admitted");
  });

  test("renew · keeps what is under way for longer", async () => {
    const counters = countersOn(machines[0] as RedisConnection);
    const subject = subjectWith({ concurrent_requests: 1 });
    admitted(await counters.admit([subject], nothing, noon));
    const lease = await leaseOf(subject);
    await server.command(["ZADD", `perpetuo:leases:${subject.id}`, "1", lease]);
    await counters.renew();
    expect((await counters.admit([subject], nothing, noon)).kind).toBe("refused");
  });

  const leaseOf = async (subject: LimitSubject) =>
    ((await server.command(["ZRANGE", `perpetuo:leases:${subject.id}`, "0", "0"])) as string[])[0] ?? "";
});

describe("Redis away", () => {
  const away = { run: () => Promise.reject(new Error("away")) };

  test("fail-closed · refuses as unavailable", async () => {
    const outcome = await countersOn(away).admit([subjectWith({ requests_per_minute: 1 })], nothing, noon);
    expect(outcome.kind).toBe("unavailable");
  });

  test("fail-open · this process counts alone, and settles where it reserved", async () => {
    const calls: string[] = [];
    const admission = { subjects: [], demand: nothing, acceptedTime: noon, requests: null, tokens: null };
    const local: Counters = {
      admit: () => ({ kind: "admitted", admission }),
      settle: () => calls.push("settled"),
    };
    const counters = countersOn(away, { whenAway: { kind: "fail-open", local } });
    const outcome = await counters.admit([subjectWith({ requests_per_minute: 1 })], nothing, noon);
    counters.settle(admitted(outcome), nothing);
    expect(calls).toEqual(["settled"]);
  });

  test("away for a second after a failure · nobody waits for it", async () => {
    let time = noon;
    const run = vi.fn(() => Promise.reject(new Error("away")));
    const counters = countersOn({ run }, { wallClock: () => time });
    for (let request = 0; request < 3; request += 1) await counters.admit([subjectWith({})], nothing, noon);
    expect(run).toHaveBeenCalledTimes(1);
    time += 1_000;
    await counters.admit([subjectWith({})], nothing, noon);
    expect(run).toHaveBeenCalledTimes(2);
  });

  test("back again · a budget knows what was spent while it was away, told once", async () => {
    let time = noon;
    let isAway = false;
    const redis = machines[0] as RedisConnection;
    const run: RedisConnection["run"] = (...call) =>
      isAway ? Promise.reject(new Error("away")) : redis.run(...call);
    const local: Counters = {
      admit: (subjects, demand, acceptedTime) => ({
        kind: "admitted",
        admission: { subjects, demand, acceptedTime, requests: null, tokens: null },
      }),
      settle: ignore,
    };
    const counters = countersOn({ run }, { whenAway: { kind: "fail-open", local }, wallClock: () => time });
    const subject = subjectWith({ budget_daily_micros: 100 }, spentToday(0));
    const cost = (costMicros: number) => ({ tokens: 0, costMicros });
    // Admitted with Redis, settled without it.
    const before = admitted(await counters.admit([subject], cost(10), noon));
    isAway = true;
    counters.settle(before, cost(10));
    const during = admitted(await counters.admit([subject], cost(40), noon));
    counters.settle(during, cost(40));
    isAway = false;
    time += 2_000;
    // 50 are spent; 10 of the lost settlement stay reserved until its lease lapses.
    expect((await counters.admit([subject], cost(41), noon)).kind).toBe("refused");
    expect((await counters.admit([subject], cost(40), noon)).kind).toBe("admitted");
    expect(await server.command(["HGET", `perpetuo:limits:${subject.id}`, "day_micros"])).toBe("50");
  });
});
