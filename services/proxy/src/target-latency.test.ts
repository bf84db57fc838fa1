import type { Target } from "@perpetuo/gateway/routing/target";
import { describe, expect, test } from "vitest";
import { principalOf, targetsOf } from "./request.test-fixture.ts";
import { createLatencyBuffers, TargetLatency } from "./target-latency.ts";

const [target, other] = targetsOf("gpt", principalOf(2).config) as [Target, Target];

describe("TargetLatency", () => {
  test("what one thread has measured · another one knows, of that target alone", () => {
    const clock = { tick: 1_000 };
    const buffers = createLatencyBuffers(16);
    const [here, there] = [0, 1].map(() => new TargetLatency(buffers, () => clock.tick));
    expect(there?.of(target, "stream")).toBeNull();
    here?.note(target, "stream", 120);
    clock.tick += 250;
    expect(there?.of(target, "stream")).toEqual({ ms: 120, ageMs: 250 });
    expect(there?.of(target, "whole")).toBeNull();
    expect(there?.of(other, "stream")).toBeNull();
  });

  test("a full table · goes without, until what it knows is too old to count", () => {
    const clock = { tick: 1_000 };
    const latencies = new TargetLatency(createLatencyBuffers(1), () => clock.tick);
    latencies.note(target, "stream", 120);
    latencies.note(other, "stream", 90);
    expect(latencies.of(other, "stream")).toBeNull();
    clock.tick += 600_000;
    latencies.note(other, "stream", 90);
    expect(latencies.of(other, "stream")?.ms).toBe(90);
    expect(latencies.of(target, "stream")).toBeNull();
  });
});
