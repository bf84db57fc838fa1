import { expect, it } from "vitest";
import { type Baseline, compareToBaseline, describeChanges } from "./baseline.ts";
import { renderMarkdownBlocks } from "./report/blocks.ts";

const spread = (median: number, half: number) => ({ median, minimum: median - half, maximum: median + half });

function baselineOf(ratio: ReturnType<typeof spread> | null, cpu = spread(50, 1)): Baseline {
  return {
    taken_at: "2026-01-02T03:04:05.678Z",
    commit: "abc1234",
    processor: "A processor",
    node: "22.0.0",
    scenarios: [{ scenario: "unary", cpu_us_per_unit: cpu, ratio_to_nginx: ratio }],
  };
}

it.each([
  { case: "ranges apart, a fifth more", before: spread(5, 0.1), now: spread(6, 0.1), verdict: "worse" },
  { case: "ranges apart, a fifth less", before: spread(6, 0.1), now: spread(5, 0.1), verdict: "better" },
  { case: "ranges overlap", before: spread(5, 0.6), now: spread(6, 0.6), verdict: "within the noise" },
  { case: "a small change", before: spread(5, 0.01), now: spread(5.2, 0.01), verdict: "within the noise" },
])("compareToBaseline · $case: $verdict", ({ before, now, verdict }) => {
  expect(compareToBaseline(baselineOf(before), baselineOf(now))).toMatchObject([
    { measure: "ratio to nginx", verdict },
  ]);
});

it("compareToBaseline · without nginx on one side, CPU time", () => {
  const changes = compareToBaseline(baselineOf(spread(5, 0.1)), baselineOf(null, spread(80, 1)));
  expect(changes).toMatchObject([{ measure: "CPU µs", verdict: "worse" }]);
  expect(changes[0]?.change).toBeCloseTo(0.6);
});

it("describeChanges · a table with the bound", () => {
  const baseline = baselineOf(spread(5, 0.1));
  const text = renderMarkdownBlocks(
    describeChanges(baseline, compareToBaseline(baseline, baselineOf(spread(6, 0.1)))),
  );
  expect(text).toContain("by more than 8 %");
  expect(text).toContain(
    "| unary, for each request | ratio to nginx | 5.00 (4.90–5.10) | 6.00 (5.90–6.10) | +20.0 % | **worse** |",
  );
});
