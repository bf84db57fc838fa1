import { it } from "vitest";
import { checkStorm } from "./unavailable-storm.ts";

it("503 to everything for 6 s · hardly a call a request, refused at once, well again within 45 s", async () => {
  await checkStorm({ perSecond: 100, stormMs: 6_000, calmMs: 1_000 });
});
