import { expect, it } from "vitest";
import { distribution, percentile, report } from "../harness/figures.ts";
import { startStack } from "../harness/stack.ts";
import { checkPublishingUnderLoad, threads } from "./publishing.ts";

it("100 versions under 300 requests/s · no request fails, and each version is live at once", async () => {
  await using stack = await startStack({ threads, control: true });
  const { latenciesMs, requests } = await checkPublishingUnderLoad(stack, { versions: 100, perSecond: 300 });
  report(
    `100 versions under 300 requests/s, ${requests} requests, 0 failed; publishing's answer to the last thread's ` +
      `first answer by it: ${distribution(latenciesMs, "ms")}`,
  );
  // The machine of a test is shared; the figure of a quiet one is in docs/routing.md.
  expect(percentile(latenciesMs, 0.95)).toBeLessThanOrEqual(500);
});
