import { describe, expect, it } from "vitest";
import { ratesWithin } from "./frontier.ts";
import { growthPoint, slopePerMebibyte } from "./growth.ts";
import { latencyFigures } from "./latency.ts";
import { wireFigures } from "./translation.ts";

describe("ratesWithin", () => {
  const point = (rate: number, p99_ms: number, failures = 0) => ({ rate, p50_ms: 1, p99_ms, failures });

  it("bound · the highest rate that kept it, without failures", () => {
    const points = [point(100, 0.5), point(200, 4), point(300, 3), point(400, 30), point(500, 8, 1)];
    expect(ratesWithin(points)).toEqual([
      { bound_ms: 1, rate: 100 },
      { bound_ms: 5, rate: 300 },
      { bound_ms: 10, rate: 300 },
      { bound_ms: 50, rate: 400 },
    ]);
  });

  it("never kept · no rate", () => {
    expect(ratesWithin([point(100, 80)]).map(({ rate }) => rate)).toEqual([null, null, null, null]);
  });
});

describe("latencyFigures", () => {
  const look = (p50_ms: number, lateness_p99_ms: number | null = null) => {
    return { p50_ms, p99_ms: p50_ms * 2, p999_ms: p50_ms * 3, lateness_p99_ms, failures: 1 };
  };
  const direct = [look(1), look(2)];

  it("gateway · what it adds to the direct call of the same round", () => {
    const figures = latencyFigures({ name: "a", kind: "perpetuo" }, [look(3, 0.1), look(5, 0.3)], direct);
    expect(figures.added?.p50_ms).toEqual({ median: 2.5, minimum: 2, maximum: 3 });
    expect(figures.added?.p999_ms).toEqual({ median: 7.5, minimum: 6, maximum: 9 });
    expect(figures.lateness_p99_ms?.median).toBeCloseTo(0.2);
    expect(figures.failures).toBe(2);
  });

  it("direct call · adds nothing to itself", () => {
    const figures = latencyFigures({ name: "mock", kind: "direct" }, direct, direct);
    expect(figures).toMatchObject({ added: null, lateness_p99_ms: null });
  });
});

describe("growth", () => {
  it("point · medians, and the ratio of the same round", () => {
    expect(growthPoint(10, [20, 60], [10, 20])).toEqual({
      size: 10,
      perpetuo_us: 40,
      nginx_us: 15,
      ratio: 2.5,
    });
    expect(growthPoint(10, [20], [])).toEqual({ size: 10, perpetuo_us: 20, nginx_us: null, ratio: null });
  });

  it("slope · milliseconds for each mebibyte between the ends", () => {
    const points = [growthPoint(0, [100], []), growthPoint(2 ** 21, [2_100], [])];
    expect(slopePerMebibyte(points, ({ perpetuo_us }) => perpetuo_us)).toBe(1);
    expect(slopePerMebibyte(points, ({ nginx_us }) => nginx_us)).toBeNull();
    expect(slopePerMebibyte(points.slice(0, 1), ({ perpetuo_us }) => perpetuo_us)).toBeNull();
  });
});

describe("wireFigures", () => {
  it("translated wire · what it costs beyond passing through in the same round", () => {
    const [passed, translated] = wireFigures([
      { wire: "openai", request: [50, 60], chunk: [10, 12] },
      { wire: "google", request: [70, 90], chunk: [13, 14] },
    ]);
    expect(passed).toMatchObject({ request: { median: 55 }, added: null });
    expect(translated?.added).toEqual({
      request: { median: 25, minimum: 20, maximum: 30 },
      chunk: { median: 2.5, minimum: 2, maximum: 3 },
    });
  });
});
