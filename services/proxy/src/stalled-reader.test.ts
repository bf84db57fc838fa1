import { describe, expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";
import { StalledReader } from "./stalled-reader.ts";

function setUp() {
  const clock = { now: 0 };
  const deadlines = new Deadlines(() => clock.now);
  const heard: string[] = [];
  const reader = new StalledReader(
    { deadlines, now: () => clock.now, stalledReaderTimeoutMs: 10_000 },
    { onStalled: () => heard.push("stalled"), renew: () => heard.push("renew") },
  );
  const pass = (milliseconds: number) => {
    clock.now += milliseconds;
    deadlines.tick();
  };
  return { reader, deadlines, heard, pass };
}

describe("StalledReader", () => {
  test("a reader behind · the library's time is renewed until our own is over", () => {
    const { reader, heard, pass } = setUp();
    reader.wait();
    for (let second = 0; second < 9; second++) pass(1_000);
    expect(heard).toEqual(["renew", "renew"]);
    pass(1_000);
    expect(heard).toEqual(["renew", "renew", "stalled"]);
  });

  test("a reader that takes a little · has its whole time again", () => {
    const { reader, heard, pass } = setUp();
    for (let round = 0; round < 5; round++) {
      reader.wait();
      pass(9_999);
    }
    expect(heard).not.toContain("stalled");
  });

  test("clear · nothing is heard and nothing left; a later wait begins anew", () => {
    const { reader, deadlines, heard, pass } = setUp();
    reader.wait();
    reader.clear();
    expect(deadlines.size).toBe(0);
    pass(20_000);
    expect(heard).toEqual([]);
    reader.wait();
    pass(9_999);
    expect(heard).toEqual(["renew"]);
  });
});
