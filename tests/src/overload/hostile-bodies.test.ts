import { it } from "vitest";
import { checkHostileBodies } from "./hostile-bodies.ts";

it("the largest bodies of the worst kinds · an answer each, and no thread is held up", async () => {
  await checkHostileBodies();
});
