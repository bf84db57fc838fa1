import { Worker } from "node:worker_threads";
import { compileConfig } from "@perpetuo/gateway/compiled-config";
import type { Target } from "@perpetuo/gateway/routing/target";
import { describe, expect, test } from "vitest";
import { configOf, principalOf, targetsOf } from "./request.test-fixture.ts";
import { createHealthBuffers, type HealthEvent, TargetHealth } from "./target-health.ts";

const start = 1_000_000;

function healthWorld(buffers = createHealthBuffers(64)) {
  const clock = { tick: start };
  const events: HealthEvent[] = [];
  const health = new TargetHealth(buffers, {
    tick: () => clock.tick,
    random: () => 0,
    observe: (event) => events.push(event),
  });
  return { buffers, clock, events, health };
}

const [target, other] = targetsOf("gpt", principalOf(2).config) as [Target, Target];

function end(health: TargetHealth, verdict: Parameters<TargetHealth["leave"]>[1], of = target): void {
  const entry = health.enter(of);
  if (entry.kind === "entered") health.leave(entry.pass, verdict);
}

const open = (health: TargetHealth, of = target) => {
  for (let failure = 0; failure < 5; failure++) end(health, { kind: "failure" }, of);
};

describe("TargetHealth", () => {
  test("an open breaker · another thread sees it; the key's other models and other keys do not suffer", () => {
    const { buffers, health } = healthWorld();
    const elsewhere = healthWorld(buffers).health;
    open(health);
    expect(elsewhere.obstacleTo(target)).toBe("the circuit breaker is open");
    expect(elsewhere.enter(target)).toMatchObject({
      kind: "barred",
      bar: { obstacle: "open", remainingMs: 30_000 },
    });
    expect(elsewhere.obstacleTo({ ...target, id: "another" })).toBeNull();
    expect(elsewhere.obstacleTo(other)).toBeNull();
  });

  test("a probe under way · named as such, until it ends", () => {
    const { clock, health, events } = healthWorld();
    open(health);
    clock.tick += 30_000;
    expect(health.obstacleTo(target)).toBeNull();
    const entry = health.enter(target);
    expect(health.obstacleTo(target)).toBe("the circuit breaker is half open, and its probe is under way");
    if (entry.kind === "entered") health.leave(entry.pass, { kind: "neutral" });
    expect(health.obstacleTo(target)).toBeNull();
    expect(events.map((event) => event.kind === "breaker" && event.transition)).toEqual([
      "open",
      "half-open",
    ]);
  });

  test("successes and refusals alone · take no slot", () => {
    const { buffers, health } = healthWorld();
    end(health, { kind: "success" });
    end(health, { kind: "neutral" });
    expect(new BigInt64Array(buffers.targets.names).every((name) => name === 0n)).toBe(true);
  });

  test("a success after a failure · counts, so that failures in a row are in a row", () => {
    const { health } = healthWorld();
    for (let round = 0; round < 9; round++) {
      end(health, { kind: round % 5 === 4 ? "success" : "failure" });
    }
    expect(health.obstacleTo(target)).toBeNull();
    end(health, { kind: "failure" });
    expect(health.obstacleTo(target)).not.toBeNull();
  });

  test("repeats at a time · a fifth of the key's calls in flight, shared by threads", () => {
    const { buffers, health } = healthWorld();
    const elsewhere = healthWorld(buffers).health;
    for (let call = 0; call < 20; call++) (call % 2 === 0 ? health : elsewhere).enter(target);
    const grants = Array.from({ length: 5 }, (_, turn) =>
      (turn % 2 === 0 ? health : elsewhere).takeRetry(target, "repeat"),
    );
    expect(grants.map((grant) => grant !== null)).toEqual([true, true, true, true, false]);
    if (grants[0]) health.returnRetry(grants[0], "helped");
    expect(elsewhere.takeRetry(target, "repeat")).not.toBeNull();
  });

  test("more failing names than slots · old ones make room, open ones stay, nothing is refused", () => {
    const { clock, health } = healthWorld(createHealthBuffers(8));
    open(health);
    const named = (number: number): Target => ({ ...target, id: `invented-${number}` });
    for (let number = 0; number < 50; number++) end(health, { kind: "failure" }, named(number));
    expect(health.enter(named(50)).kind).toBe("entered");
    expect(health.obstacleTo(target)).toBe("the circuit breaker is open");
    clock.tick += 60_000;
    open(health, named(60));
    expect(health.obstacleTo(named(60))).toBe("the circuit breaker is open");
  });

  test("a full table of provider keys · calls go on, retries do not", () => {
    const { health } = healthWorld(createHealthBuffers(1));
    expect(health.enter(target).kind).toBe("entered");
    expect(health.enter(other).kind).toBe("entered");
    expect(health.takeRetry(other, "fallback")).toBeNull();
    expect(health.takeRetry(target, "fallback")).not.toBeNull();
  });

  test("four threads at a half-open breaker · one probe together", async () => {
    const { buffers, health } = healthWorld();
    const [sole] = targetsOf("gpt", compileConfig(configOf())) as [Target];
    open(health, sole);
    const source = new URL("./target-health.test-thread.ts", import.meta.url);
    const entered = await Promise.all(
      Array.from({ length: 4 }, () => {
        const worker = new Worker(source, { workerData: { buffers, tick: start + 30_000, attempts: 500 } });
        return new Promise<number>((resolve, reject) =>
          worker.once("message", resolve).once("error", reject),
        );
      }),
    );
    expect(entered.reduce((sum, count) => sum + count, 0)).toBe(1);
  });
});
