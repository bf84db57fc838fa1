import { expect, it } from "vitest";
import { distribution, percentile, report } from "../harness/figures.ts";
import { measureRevocations } from "./revocation.ts";

it("1,000 revocations under 1,000 requests/s · p99 within 100 ms on every thread", async () => {
  const run = await measureRevocations({ count: 1000, loadPerSecond: 1000 });
  report(
    `revoke's answer to the last thread's refusal, under ${run.loadPerSecond.toFixed(0)} requests/s: ` +
      distribution(run.latenciesMs, "ms"),
  );
  expect(run.loadFailures).toBe(0);
  expect(run.loadPerSecond).toBeGreaterThan(900);
  expect(percentile(run.latenciesMs, 0.99)).toBeLessThanOrEqual(100);
});
