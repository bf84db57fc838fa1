import { it } from "vitest";
import { checkThatRestartsAreUnnoticed } from "./rolling-restarts.ts";

it("ten rolling restarts under 200 requests/s and 100 streams of 20 s · nothing refused, nothing cut, the books agree", async () => {
  await checkThatRestartsAreUnnoticed({
    restarts: 10,
    perSecond: 200,
    streams: 100,
    streamMs: 20_000,
    betweenMs: 5_000,
    replacedMustEnd: true,
  });
});
