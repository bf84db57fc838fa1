import { afterAll, beforeAll, it } from "vitest";
import { testByteByByte } from "./byte-by-byte.ts";
import { testCanariesInFailures } from "./canaries.ts";
import { testHeavyBodies } from "./heavy-bodies.ts";
import { testNeighbours } from "./neighbours.ts";
import { fuzzModels } from "./request-threats.ts";
import { startWorld } from "./world.ts";

let running: Awaited<ReturnType<typeof startWorld>>;
beforeAll(async () => {
  running = await startWorld();
});
afterAll(() => running[Symbol.asyncDispose]());

const world = () => running;
testByteByByte(world);
testCanariesInFailures(world);
testHeavyBodies(world);
testNeighbours(world);
it("T27 · 5,000 spellings of a model · the provider gets what the key may use, or nothing", async () => {
  await fuzzModels(running, 5_000);
});
