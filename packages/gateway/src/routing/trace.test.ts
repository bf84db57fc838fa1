import { describe, expect, test } from "vitest";
import { callOf, configOf, keyOf, planFor } from "./routing.test-fixture.ts";

describe("the trace of a workspace with many provider keys", () => {
  const keys = (serving: number, others: number) => [
    ...Array.from({ length: serving }, (_, index) => keyOf(`s${index}`, { priority: index + 1 })),
    ...Array.from({ length: others }, (_, index) => keyOf(`o${index}`, { models: ["other"], priority: 100 })),
  ];

  test("up to 24 candidates · each by itself", () => {
    const { candidates } = planFor(configOf({ keys: keys(4, 20) }), callOf());
    expect(candidates).toHaveLength(24);
    expect(candidates.map(({ reason }) => reason).join()).not.toContain("more");
  });

  test("100 keys · the first of each verdict, and how many there are beyond", () => {
    const plan = planFor(configOf({ keys: keys(40, 60) }), callOf());
    expect(plan.targets).toHaveLength(40);
    expect(plan.candidates).toHaveLength(24);
    const reasons = plan.candidates.map(({ reason }) => reason);
    expect(reasons[15]).toBe("priority 16 (and 24 more that are targets)");
    expect(reasons.at(-1)).toBe("the provider key is limited to other models (and 52 more that are skipped)");
    expect(reasons.filter((reason) => reason.includes("more that"))).toHaveLength(2);
    expect(JSON.stringify(plan.candidates).length).toBeLessThan(5_000);
  });
});
