import { it } from "vitest";
import { checkThatRestartsAreUnnoticed } from "./rolling-restarts.ts";

it("two rolling restarts under load · nothing refused, nothing cut, the books agree", async () => {
  await checkThatRestartsAreUnnoticed({
    restarts: 2,
    perSecond: 50,
    streams: 20,
    streamMs: 3_000,
    betweenMs: 1_000,
    replacedMustEnd: false,
  });
});
