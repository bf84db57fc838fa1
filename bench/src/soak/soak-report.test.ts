import { expect, it } from "vitest";
import { balance } from "../accounts.ts";
import { renderMarkdownBlocks } from "../report/blocks.ts";
import { composeSoak, judgeSoak, type SoakLook, type SoakReport } from "./soak-report.ts";

const mebibyte = 2 ** 20;
const look = (more: Partial<SoakLook>): SoakLook => ({
  seconds: 0,
  resident: 100 * mebibyte,
  descriptors: 40,
  timers: 5,
  ...more,
});

function reportOf(more: Partial<SoakReport> = {}): SoakReport {
  return {
    taken_at: "2026-01-02T03:04:05.678Z",
    commit: "abc1234",
    machine: {
      processor: "A processor",
      cores: 2,
      memory_gib: 8,
      kernel: "6",
      node: "22.0.0",
      load_average: 0,
    },
    minutes: 30,
    calls: { answer: { calls: 9_990, unexpected: 10 }, departure: { calls: 10, unexpected: 0 } },
    start: look({}),
    settled: look({ seconds: 300 }),
    end: look({ seconds: 1_800, resident: 108 * mebibyte }),
    after: look({ seconds: 1_900, descriptors: 42, timers: 4 }),
    resident_over_time: [{ seconds: 5, resident: 90 * mebibyte }],
    accounts: balance(
      { completed: 9_990, possibly_in_flight: 10 },
      { rows: 10_000, counted: 10_000, aborted: 10 },
    ),
    ...more,
  };
}

const missed = (report: SoakReport) =>
  judgeSoak(report)
    .filter(({ met }) => !met)
    .map(({ what }) => what);

it("judgeSoak · within every bound", () => {
  expect(missed(reportOf())).toEqual([]);
});

it.each([
  [
    { end: look({ seconds: 1_800, resident: 109 * mebibyte }) },
    "RSS after a collection, minute 30 against minute 5",
  ],
  [{ after: look({ descriptors: 43 }) }, "descriptors, at the start and after the load"],
  [{ after: look({ timers: 8 }) }, "timers, at the start and after the load"],
  [{ calls: { answer: { calls: 10_000, unexpected: 11 } } }, "answers other than expected"],
  [{ accounts: { ...reportOf().accounts, verdict: "unbalanced" as const } }, "accounts"],
])("judgeSoak · %j", (more, what) => {
  expect(missed(reportOf(more))).toEqual([what]);
});

it("composeSoak · what was asked, and each verdict", () => {
  const text = renderMarkdownBlocks(composeSoak(reportOf()));
  expect(text).toContain("30 minutes on 2026-01-02 at commit abc1234");
  expect(text).toContain("100.0 MiB → 108.0 MiB (8.0 MiB) | met |");
});
