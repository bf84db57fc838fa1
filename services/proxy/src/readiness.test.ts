import { expect, test } from "vitest";
import { judgeProcessReadiness, judgeReadiness } from "./readiness.ts";
import { SharedState } from "./shared-state.ts";

const up = { databaseIsUp: true, isWarm: false, isSpoolBlocked: false };

/** A process that is ready, but for what `spoil` does. */
function stateAfter(spoil: (shared: SharedState) => void): SharedState {
  const shared = new SharedState();
  shared.confirmSchema();
  spoil(shared);
  return shared;
}

test.each<[string, (shared: SharedState) => void]>([
  ["draining", (shared) => shared.startDraining("stopping")],
  ["the spool is full", (shared) => shared.setSpoolFull(true)],
  ["a thread is blocked", (shared) => shared.setBlockedThreads(1)],
  ["memory is short", (shared) => shared.setMemoryCritical(true)],
])("%s · not ready", (reason, spoil) => {
  expect(judgeReadiness(stateAfter(spoil), up)).toEqual({ kind: "not-ready", reason });
});

test("a generation that is being replaced · is ready all the same", () => {
  const shared = stateAfter((state) => state.startDraining("replaced"));
  expect(judgeReadiness(shared, up)).toEqual({ kind: "ready" });
});

test("the database away · ready with a warm cache only", () => {
  const shared = stateAfter(() => undefined);
  expect(judgeReadiness(shared, { ...up, databaseIsUp: false, isWarm: true }).kind).toBe("ready");
  expect(judgeReadiness(shared, { ...up, databaseIsUp: false }).kind).toBe("not-ready");
  expect(judgeReadiness(new SharedState(), up)).toMatchObject({
    reason: expect.stringContaining("migrated"),
  });
});

test("a disk that takes no records · not ready", () => {
  const blocked = { ...up, isSpoolBlocked: true };
  expect(
    judgeReadiness(
      stateAfter(() => undefined),
      blocked,
    ),
  ).toMatchObject({
    reason: expect.stringContaining("spool"),
  });
});

test.each<[boolean[], string]>([
  [[true, true], "ready"],
  [[true, false], "not-ready"],
  [[], "not-ready"],
])("threads ready %j · the process is %s", (threads, kind) => {
  expect(
    judgeProcessReadiness(
      stateAfter(() => undefined),
      threads,
    ).kind,
  ).toBe(kind);
});

test("what concerns the whole process · comes before what its threads say", () => {
  const shared = stateAfter((state) => state.setBlockedThreads(1));
  expect(judgeProcessReadiness(shared, [true])).toMatchObject({ reason: "a thread is blocked" });
});
