import { expect, test } from "vitest";
import {
  createLogTailReducer,
  emptyLogTail,
  type LogItem,
  type LogTailEvent,
  type LogTailState,
} from "./log-tail-state.ts";

const reduce = createLogTailReducer(3);
const request = (id: string, skipped = 0): LogTailEvent => ({
  kind: "request",
  request: { id } as LogItem,
  skipped,
});
const after = (...events: LogTailEvent[]) => events.reduce(reduce, emptyLogTail);
const idsOf = ({ rows, pending }: LogTailState) => [rows.map(({ id }) => id), pending.map(({ id }) => id)];

test("log tail · newest first, no more than the limit", () => {
  expect(idsOf(after(request("a"), request("b"), request("c"), request("d")))).toEqual([["d", "c", "b"], []]);
});

test("log tail · what comes again changes nothing", () => {
  const state = after(request("a"), request("b"));
  expect(reduce(state, request("a"))).toBe(state);
});

test("log tail · while it is paused, what comes waits, and then stands before the rest", () => {
  const paused = after(request("a"), { kind: "pause" }, request("b"), request("b"), request("c"));
  expect(idsOf(paused)).toEqual([["a"], ["c", "b"]]);
  expect(reduce(paused, request("b"))).toBe(paused);
  expect(idsOf(reduce(paused, { kind: "resume" }))).toEqual([["c", "b", "a"], []]);
});

test("log tail · counts what is missing, also with a request that it has", () => {
  expect(after(request("a", 5), request("a", 2)).skipped).toBe(7);
});

test("log tail · clearing leaves the pause as it is", () => {
  expect(after(request("a", 1), { kind: "pause" }, { kind: "clear" })).toEqual({
    ...emptyLogTail,
    paused: true,
  });
});
