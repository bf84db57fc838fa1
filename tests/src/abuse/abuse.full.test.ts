import { afterAll, beforeAll } from "vitest";
import { testCanariesInFailures } from "./canaries.ts";
import { testCompetitorsLog } from "./competitors-log.ts";
import { startWorld } from "./world.ts";

let running: Awaited<ReturnType<typeof startWorld>>;
beforeAll(async () => {
  running = await startWorld({ postgres: "own" });
});
afterAll(() => running[Symbol.asyncDispose]());

const world = () => running;
testCanariesInFailures(world);
testCompetitorsLog(world);
