import { it } from "vitest";
import { checkThatKillsInRestartsAreBorne } from "./kills.ts";

it("kill -9 of the new process once it serves · the old one takes the port again, and the books agree", async () => {
  await checkThatKillsInRestartsAreBorne(["new, once it serves"]);
});
