import { it } from "vitest";
import { checkThatKillsInRestartsAreBorne } from "./kills.ts";

it("kill -9 of each who takes part in a rolling restart · the others go on, and the books agree", async () => {
  await checkThatKillsInRestartsAreBorne([
    "new, before it serves",
    "new, once it serves",
    "old",
    "supervisor",
  ]);
});
