import { expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import { fill } from "./framing.ts";
import { type FramingCase, framingCases } from "./framing-cases.ts";
import { RawConnection } from "./raw-connection.ts";
import type { World } from "./world.ts";

/** Longer heads take longer than the parser waits for one, a byte at a time. */
const longest = 4_000;

/** The corpus again, each byte in a write of its own. */
export function testByteByByte(world: () => World): void {
  it("the raw HTTP corpus, a byte at a time · the same verdicts", async () => {
    const cases = framingCases.filter(({ bytes }) => bytes.length < longest);
    const got: unknown[] = [];
    for (let from = 0; from < cases.length; from += 12) {
      got.push(...(await Promise.all(cases.slice(from, from + 12).map((one) => drip(world(), one)))));
    }
    expect(got).toEqual(
      cases.map(({ title, verdict }) => [title, verdict.kind === "cut" ? null : verdict.status]),
    );
    report(`raw HTTP: ${cases.length} requests sent a byte at a time, each with its verdict`);
  });
}

async function drip(world: World, { title, bytes }: FramingCase): Promise<unknown> {
  await using connection = await RawConnection.open(world.stack.proxyUrl);
  await connection.sendApart([...fill(bytes, world)], 0);
  const text = await connection.untilText(/HTTP\/1\.1 [2-5]\d\d/);
  const status = /HTTP\/1\.1 ([2-5]\d\d)/.exec(text)?.[1];
  return [title, status === undefined ? null : Number(status)];
}
