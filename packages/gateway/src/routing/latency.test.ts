import { describe, expect, test } from "vitest";
import { type LatencyState, latencyCellCount, latencyOf, mayForgetLatency, noteLatency } from "./latency.ts";

const newState = (): LatencyState => ({ cells: new Float64Array(latencyCellCount + 3), base: 3 });

describe("latency", () => {
  test("nobody has measured · unknown", () => {
    expect(latencyOf(newState(), "stream", 5)).toBeNull();
  });

  test("the first measurement · counts alone", () => {
    const state = newState();
    noteLatency(state, "stream", { ms: 80, tick: 1_000 });
    expect(latencyOf(state, "stream", 1_500)).toEqual({ ms: 80, ageMs: 500 });
  });

  test("a half-life later · the new one counts as much as all before it", () => {
    const state = newState();
    noteLatency(state, "stream", { ms: 80, tick: 1_000 });
    noteLatency(state, "stream", { ms: 160, tick: 11_000 });
    expect(latencyOf(state, "stream", 11_000)?.ms).toBe(120);
    noteLatency(state, "stream", { ms: 0, tick: 1_000_000 });
    expect(latencyOf(state, "stream", 1_000_000)?.ms).toBeCloseTo(0, 9);
  });

  test("a burst · counts no more than its time", () => {
    const state = newState();
    noteLatency(state, "stream", { ms: 100, tick: 1_000 });
    for (let sample = 0; sample < 50; sample++) noteLatency(state, "stream", { ms: 900, tick: 1_100 });
    expect(latencyOf(state, "stream", 1_100)?.ms).toBeLessThan(110);
  });

  test("streams and whole answers · are measured apart", () => {
    const state = newState();
    noteLatency(state, "whole", { ms: 5_000, tick: 1_000 });
    expect(latencyOf(state, "stream", 1_000)).toBeNull();
    noteLatency(state, "stream", { ms: 300, tick: 1_000 });
    expect(latencyOf(state, "whole", 1_000)?.ms).toBe(5_000);
  });

  test("ten minutes later · forgotten, and its place is free once both kinds are", () => {
    const state = newState();
    noteLatency(state, "stream", { ms: 300, tick: 1_000 });
    noteLatency(state, "whole", { ms: 300, tick: 61_000 });
    expect(latencyOf(state, "stream", 601_000)).toBeNull();
    expect(mayForgetLatency(state, 601_000)).toBe(false);
    expect(mayForgetLatency(state, 661_000)).toBe(true);
  });
});
