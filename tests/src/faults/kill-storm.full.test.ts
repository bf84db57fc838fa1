import { it } from "vitest";
import { checkThatKillsLoseNothing } from "./kill-storm.ts";

it("kill -9 a hundred times under load · no answered request is missing or doubled", async () => {
  await checkThatKillsLoseNothing(100);
});
