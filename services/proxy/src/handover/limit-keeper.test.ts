import { limitCellCount, limitCells } from "@perpetuo/gateway/limits";
import { describe, expect, test } from "vitest";
import type { AdmissionOutcome, LimitSubject } from "../counters.ts";
import { LimitTable } from "../limit-table.ts";
import { SharedCounters } from "../shared-counters.ts";
import { SharedState } from "../shared-state.ts";
import { limitClock } from "../shared-tick.ts";
import { createSlotBuffers } from "../slot-table.ts";
import { LimitKeeper } from "./limit-keeper.ts";
import type { LimitsFromChild, LimitsToChild } from "./limit-messages.ts";
import { RemoteCounters } from "./remote-counters.ts";

const apiKey: LimitSubject = {
  scope: "api_key",
  id: "019aa000-0000-7000-8000-00000000aaaa",
  limits: { concurrent_requests: 3, budget_daily_micros: 1_000 },
  spent: null,
};
const demand = { tokens: 10, costMicros: 100 };
const taken = { tokens: 5, costMicros: 60 };

/** One process: a thread's counters, its keeper, and what the two see of each other. */
class Process {
  readonly table = new LimitTable(createSlotBuffers(64, limitCellCount));
  readonly sent: LimitsFromChild[] = [];
  readonly counters: SharedCounters;
  private readonly keeper: LimitKeeper;

  readonly generation: string;

  constructor(generation: string) {
    this.generation = generation;
    const shared = new SharedState();
    this.keeper = new LimitKeeper({
      generation,
      table: this.table,
      shared,
      send: (message) => this.sent.push(JSON.parse(JSON.stringify(message)) as LimitsFromChild),
    });
    const remote = new RemoteCounters((call) =>
      this.keeper.call(call, (outcome) => {
        if (call.kind === "admit") remote.answered(call.id, outcome);
      }),
    );
    this.counters = new SharedCounters(this.table, limitClock, {
      isElsewhere: () => shared.areLimitsElsewhere,
      counters: remote,
    });
  }

  hear(message: LimitsToChild): void {
    this.keeper.receive(message);
  }

  admit(): AdmissionOutcome | Promise<AdmissionOutcome> {
    return this.counters.admit([apiKey], demand, Date.now());
  }

  /** Requests under way, micro-dollars reserved and spent, as the table has them. */
  get counted() {
    const { cells, base } = this.table.stateOf(this.table.slotOf(apiKey.id));
    const cell = (name: keyof typeof limitCells) => cells[base + limitCells[name]];
    return { concurrent: cell("concurrent"), reserved: cell("reservedMicros"), spent: cell("dayMicros") };
  }
}

/** Plays the supervisor: takes everything that has been sent where it belongs, until nothing is left. */
function pass(processes: Process[], keeper: Process): void {
  for (const from of processes) {
    for (const message of from.sent.splice(0)) {
      if (message.kind === "limit-call") keeper.hear({ ...message, from: from.generation });
      else if (message.kind === "limit-answer") {
        const { to, id, outcome } = message;
        processes.find(({ generation }) => generation === to)?.hear({ kind: "limit-answer", id, outcome });
      } else if (message.kind === "limits") keeper.hear({ kind: "take-limits", state: message.state });
    }
  }
  if (processes.some(({ sent }) => sent.length > 0)) pass(processes, keeper);
}

function handOver() {
  const old = new Process("old");
  const first = old.admit();
  if (first instanceof Promise || first.kind !== "admitted") throw new Error("the first is admitted here");
  const next = new Process("next");
  old.hear({ kind: "hand-over-limits" });
  pass([old, next], next);
  return { old, next, first: first.admission };
}

describe("a generation that has handed over", () => {
  test("what was counted · counts on in the next generation", () => {
    const { next } = handOver();
    expect(next.counted).toEqual({ concurrent: 1, reserved: 100, spent: 0 });
  });

  test("its requests settle · there", () => {
    const { old, next, first } = handOver();
    old.counters.settle(first, taken);
    pass([old, next], next);
    expect(next.counted).toEqual({ concurrent: 0, reserved: 0, spent: 60 });
    next.hear({ kind: "release-limits", generation: "old" });
    expect(next.counted).toEqual({ concurrent: 0, reserved: 0, spent: 60 });
  });

  test("both admit · the limit holds for both together", async () => {
    const { old, next } = handOver();
    expect(await next.admit()).toMatchObject({ kind: "admitted" });
    const third = old.admit();
    pass([old, next], next);
    expect(await third).toMatchObject({ kind: "admitted" });
    const fourth = old.admit();
    pass([old, next], next);
    expect(await fourth).toMatchObject({ kind: "refused", limit: "concurrent_requests" });
    expect(await next.admit()).toMatchObject({ kind: "refused", limit: "concurrent_requests" });
  });

  test("it dies · what it had under way is free again", async () => {
    const { old, next } = handOver();
    const second = old.admit();
    pass([old, next], next);
    await second;
    await next.admit();
    expect(next.counted).toMatchObject({ concurrent: 3, reserved: 300 });
    next.hear({ kind: "release-limits", generation: "old" });
    expect(next.counted).toMatchObject({ concurrent: 1, reserved: 100 });
  });

  test("its successor dies · it counts again, with all of its own and nothing else", async () => {
    const { old, next, first } = handOver();
    const second = old.admit();
    pass([old, next], next);
    await second;
    await next.admit();
    const unanswered = old.admit();
    old.hear({ kind: "count-again" });
    expect(await unanswered).toMatchObject({ kind: "admitted" });
    expect(old.counted).toEqual({ concurrent: 3, reserved: 300, spent: 0 });
    old.counters.settle(first, taken);
    expect(old.counted).toEqual({ concurrent: 2, reserved: 200, spent: 60 });
  });
});

test("three generations · the oldest one's requests settle in the newest", () => {
  const { old, next, first } = handOver();
  const newest = new Process("newest");
  next.hear({ kind: "hand-over-limits" });
  pass([old, next, newest], newest);
  expect(newest.counted).toMatchObject({ concurrent: 1, reserved: 100 });
  newest.hear({ kind: "release-limits", generation: "next" });
  expect(newest.counted).toMatchObject({ concurrent: 1, reserved: 100 });
  old.counters.settle(first, taken);
  pass([old, next, newest], newest);
  expect(newest.counted).toEqual({ concurrent: 0, reserved: 0, spent: 60 });
});

test("an answer that comes too late · is given back", async () => {
  const calls: { kind: string }[] = [];
  const remote = new RemoteCounters((call) => calls.push(call));
  const old = new Process("old");
  const outcome = old.admit();
  if (outcome instanceof Promise) throw new Error("admitted here");
  remote.answered(7, outcome);
  expect(calls).toMatchObject([{ kind: "settle", actual: { tokens: 0, costMicros: 0 } }]);
});
