import { expect, it } from "vitest";
import { report } from "../../harness/figures.ts";
import { answerWell } from "../../harness/scripted-answer.ts";
import { type BoundsWatch, watchBounds } from "../../ledger/watch-bounds.ts";
import { openCase, type World } from "./world.ts";

/** Connections that the mock provider and the test's own client keep for a while. */
const spareDescriptors = 8;
/** The mock provider closes idle connections after 10 to 12 s. */
const backWithinMs = 30_000;
/** Resident memory above the start, in mebibytes; the largest answers of the file are 64. */
const mostGrowth = 192;

/** L9 of the ledger over a whole file: `begin` comes first in it and `end` last. */
export function leftovers(world: World): { begin: () => void; end: () => void } {
  let bounds: BoundsWatch | null = null;
  const serve = async (name: string): Promise<void> => {
    const each = openCase(world, name);
    const workspace = await each.workspace(answerWell, "mock");
    await each.ledger.send({ workspace, model: "m?echo=1" });
    expect((await each.close()).outcomes).toEqual({ ok: 1 });
  };
  return {
    begin: () =>
      void it("before the faults · the gateway serves", async () => {
        await serve("before");
        bounds = await watchBounds(world.stack);
      }),
    end: () =>
      void it("after the faults · the gateway serves as before, and holds no more than before", async () => {
        await serve("after");
        world.upstream.hangUp();
        const began = performance.now();
        const left = await bounds?.untilBack({ descriptors: spareDescriptors, withinMs: backWithinMs });
        bounds?.stop();
        const growth = (bounds?.peakGrowth() ?? Number.NaN) / 1_048_576;
        report(
          `L9 after all faults: ${JSON.stringify(left)}, ${((performance.now() - began) / 1_000).toFixed(1)} s later; ` +
            `memory grew by ${growth.toFixed(0)} MiB at most`,
        );
        expect(growth).toBeLessThan(mostGrowth);
      }),
  };
}
