import { describe, expect, it } from "vitest";
import { balance, countRows } from "./accounts.ts";
import type { Period } from "./targets/control-api.ts";

const load = { completed: 1_000, possibly_in_flight: 64 };

describe("balance", () => {
  it.each([
    ["every answer has its row", { rows: 1_000, counted: 1_000 }, "balanced"],
    ["requests cut off by the end of the run are logged too", { rows: 1_064, counted: 1_064 }, "balanced"],
    ["a row is missing", { rows: 999, counted: 999 }, "unbalanced"],
    ["more rows than requests can have been", { rows: 1_065, counted: 1_065 }, "unbalanced"],
    ["the counters differ from the rows", { rows: 1_010, counted: 1_011 }, "unbalanced"],
  ])("%s · %j: %s", (_case, ledger, verdict) => {
    expect(balance(load, { ...ledger, aborted: 0 }).verdict).toBe(verdict);
  });
});

describe("countRows", () => {
  /** One row each 3 ms from 0 on; the API counts at most ten at once. */
  const times = Array.from({ length: 100 }, (_, index) => index * 3);
  const count = ({ from, to }: Period) => {
    const rows = times.filter((time) => time >= from && time < to).length;
    return Promise.resolve(rows > 10 ? ({ kind: "capped" } as const) : ({ kind: "exact", rows } as const));
  };

  it("more rows than one call counts · each once, whatever the halves", async () => {
    expect(await countRows(count, { from: -7, to: 500 })).toBe(100);
    expect(await countRows(count, { from: 3, to: 31 })).toBe(10);
  });

  it("a millisecond that is too full · an error instead of endless halving", async () => {
    await expect(countRows(() => Promise.resolve({ kind: "capped" }), { from: 0, to: 8 })).rejects.toThrow(
      "millisecond",
    );
  });
});
