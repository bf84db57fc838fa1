import { expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import { fill } from "./framing.ts";
import { type FramingCase, framingCases, type Verdict } from "./framing-cases.ts";
import { RawConnection } from "./raw-connection.ts";
import type { World } from "./world.ts";

/** Longer heads take longer than the parser waits for one, a byte at a time. */
const longest = 4_000;

/** The corpus again, each byte in a write of its own. */
export function testByteByByte(world: () => World): void {
  it("the raw HTTP corpus, a byte at a time · the same verdicts", async () => {
    // Of two requests the first may have its answer before the second has arrived.
    const cases = framingCases.filter(
      ({ title, bytes }) => bytes.length < longest && title !== "two requests at once",
    );
    for (let from = 0; from < cases.length; from += 8) {
      await Promise.all(cases.slice(from, from + 8).map((one) => playDrip(world(), one)));
    }
    report(`raw HTTP: ${cases.length} requests sent a byte at a time, each with its verdict`);
  });
}

async function playDrip(world: World, { title, bytes, verdict }: FramingCase): Promise<void> {
  await using connection = await RawConnection.open(world.stack.proxyUrl);
  await connection.sendBytes(fill(bytes, world));
  const text = await connection.untilText(/HTTP\/1\.1 [2-5]\d\d/);
  const status = /HTTP\/1\.1 ([2-5]\d\d)/.exec(text)?.[1];
  expect(statusesOf(verdict), title).toContain(status === undefined ? null : Number(status));
}

/** The parser refuses at the byte that is wrong: the reset by what is still being sent can take its answer along. */
function statusesOf(verdict: Verdict): (number | null)[] {
  if (verdict.kind === "cut") return [null];
  const byParser = verdict.kind === "closed" && verdict.code === null && verdict.status >= 400;
  return byParser ? [verdict.status, null] : [verdict.status];
}
