import { expect, it } from "vitest";
import { distribution, report } from "../harness/figures.ts";
import { measureRevocations } from "./revocation.ts";

it("20 revocations through the control API · every thread refuses each key", async () => {
  const run = await measureRevocations({ count: 20, loadPerSecond: 100 });
  report(`revoke's answer to the last thread's refusal: ${distribution(run.latenciesMs, "ms")}`);
  expect(run.latenciesMs).toHaveLength(20);
  expect(run.loadFailures).toBe(0);
});
