import { Worker } from "node:worker_threads";
import { dayOf, limitCellCount, limitCells, monthOf } from "@perpetuo/gateway/limits";
import { describe, expect, test } from "vitest";
import type { LimitSubject } from "./counters.ts";
import { LimitTable } from "./limit-table.ts";
import { SharedCounters } from "./shared-counters.ts";
import { createSlotBuffers } from "./slot-table.ts";

const key = "01a20246-cf4a-72f0-931e-1aaaa2a56826";
const workspace = "01a20246-cf4a-72f0-931e-1aaaa2a56827";
const noon = Date.UTC(2026, 0, 31, 12);
const clock = () => ({ tick: 0, time: noon });
const nothing = { tokens: 0, costMicros: 0 };

const keySubject = (limits: LimitSubject["limits"]): LimitSubject => ({
  scope: "api_key",
  id: key,
  limits,
  spent: null,
});

describe("SharedCounters", () => {
  test("admit · takes from the key and from the workspace, or from neither", () => {
    const table = new LimitTable();
    const counters = new SharedCounters(table, clock);
    const subjects: LimitSubject[] = [
      keySubject({ requests_per_minute: 10 }),
      { scope: "workspace", id: workspace, limits: { concurrent_requests: 1 }, spent: null },
    ];
    expect(counters.admitHere(subjects, nothing, noon).kind).toBe("admitted");
    const refused = counters.admitHere(subjects, nothing, noon);
    expect(refused).toMatchObject({
      kind: "refused",
      scope: "workspace",
      limit: "concurrent_requests",
      allowed: 1,
    });
    const again = counters.admitHere([keySubject({ requests_per_minute: 10 })], nothing, noon);
    expect(again.kind === "admitted" && again.admission.requests?.remaining).toBe(8);
  });

  test("settle · frees the place for the next", () => {
    const counters = new SharedCounters(new LimitTable(), clock);
    const subjects = [keySubject({ concurrent_requests: 1 })];
    const first = counters.admitHere(subjects, nothing, noon);
    if (first.kind !== "admitted") throw new Error(first.kind);
    counters.settle(first.admission, nothing);
    expect(counters.admitHere(subjects, nothing, noon).kind).toBe("admitted");
  });

  test("budget · starts from what the database knew", () => {
    const counters = new SharedCounters(new LimitTable(), clock);
    const subject = {
      ...keySubject({ budget_daily_micros: 100 }),
      spent: { day: dayOf(noon), day_micros: 95, month: monthOf(noon), month_micros: 95 },
    };
    expect(counters.admitHere([subject], { tokens: 0, costMicros: 6 }, noon)).toMatchObject({
      limit: "budget_daily_micros",
    });
    expect(counters.admitHere([subject], { tokens: 0, costMicros: 5 }, noon).kind).toBe("admitted");
  });

  test("four threads on one key · admit exactly the limit together", async () => {
    const table = new LimitTable();
    const allowed = 5_000;
    const source = new URL("./shared-counters.test-thread.ts", import.meta.url);
    const admitted = await Promise.all(
      Array.from({ length: 4 }, () => {
        const worker = new Worker(source, {
          workerData: { buffers: table.buffers, key, allowed, attempts: 2_000 },
        });
        return new Promise<number>((resolve, reject) =>
          worker.once("message", resolve).once("error", reject),
        );
      }),
    );
    expect(admitted.reduce((sum, count) => sum + count, 0)).toBe(allowed);
    const { cells, base } = table.stateOf(table.slotOf(key));
    expect(cells[base + limitCells.concurrent]).toBe(allowed);
  });
});

describe("LimitTable", () => {
  test("slotOf · the same slot for the same id in every view of the table, another for another", () => {
    const table = new LimitTable();
    const other = new LimitTable(table.buffers);
    expect(table.slotOf(key)).toBe(other.slotOf(key));
    expect(table.slotOf(workspace)).not.toBe(table.slotOf(key));
  });

  test("a full neighbourhood · has no slot for one more, and the known ones keep theirs", () => {
    const small = new LimitTable(createSlotBuffers(4, limitCellCount));
    const ids = Array.from({ length: 5 }, (_, index) => `01a20246-cf4a-72f0-931e-1aaaa2a5682${index}`);
    const slots = ids.map((id) => small.slotOf(id));
    expect(new Set(slots.slice(0, 4)).size).toBe(4);
    expect(slots[4]).toBe(-1);
    expect(ids.slice(0, 4).map((id) => small.slotOf(id))).toEqual(slots.slice(0, 4));
    const full = new SharedCounters(small, clock).admitHere(
      [{ ...keySubject({}), id: ids[4] as string }],
      nothing,
      noon,
    );
    expect(full.kind).toBe("unavailable");
  });
});
