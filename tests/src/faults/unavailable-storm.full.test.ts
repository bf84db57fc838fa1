import { it } from "vitest";
import { checkStorm } from "./unavailable-storm.ts";

it("503 to everything for 100 s · hardly a call a request, refused at once, well again within 45 s", async () => {
  await checkStorm({ perSecond: 200, stormMs: 100_000, calmMs: 20_000 });
});
