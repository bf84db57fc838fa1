import { expect, it } from "vitest";
import { parseK6Summary } from "./k6-summary.ts";

const trend = (values: object, thresholds?: object) => ({
  type: "trend",
  contains: "time",
  values,
  thresholds,
});

it("summary · requests, trends and thresholds", () => {
  const text = JSON.stringify({
    metrics: {
      http_reqs: { type: "counter", contains: "default", values: { count: 500, rate: 50 } },
      broken_requests: { type: "counter", contains: "default", values: { count: 2, rate: 0.2 } },
      http_req_duration: trend(
        { avg: 2, min: 1, med: 1.5, max: 9, "p(90)": 3, "p(95)": 4, "p(99)": 6 },
        { "p(99)<5": { ok: false }, "p(50)<5": { ok: true } },
      ),
    },
  });
  expect(parseK6Summary(text)).toEqual({
    requests: 500,
    cut: 2,
    dropped: 0,
    trends: { http_req_duration: { p50: 1.5, p95: 4, p99: 6, maximum: 9 } },
    thresholds: [
      { metric: "http_req_duration", rule: "p(99)<5", held: false },
      { metric: "http_req_duration", rule: "p(50)<5", held: true },
    ],
  });
});

it("no metrics · an error that names them", () => {
  expect(() => parseK6Summary("{}")).toThrow("metrics");
});
