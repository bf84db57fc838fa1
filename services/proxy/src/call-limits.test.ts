import type { PolicyConfig, RouteTimeouts } from "@perpetuo/contracts/routing";
import { describe, expect, test } from "vitest";
import { attemptWorld } from "./attempt.test-fixture.ts";
import { callLimits } from "./call-limits.ts";
import { callOf, routedPrincipalOf } from "./request.test-fixture.ts";

type Case = {
  target?: RouteTimeouts;
  policy?: PolicyConfig["timeouts"];
  client?: number;
  stream?: boolean;
};

/** The limits of a call that starts a second after its request, with the installation's 5 s, 60 s, 600 s and 120 s. */
function limitsOf({ target = {}, policy = {}, client, stream = true }: Case) {
  const principal = routedPrincipalOf([{ timeouts: target }], { policy: { timeouts: policy } });
  const { input, deps } = attemptWorld({
    principal,
    call: callOf({ stream }),
    ...(client === undefined ? {} : { timeoutMs: client }),
  });
  const [only] = input.plan.targets;
  if (only === undefined) throw new Error("The route has a target.");
  const limits = callLimits({ ...input, target: only }, 1_000, deps.timeouts);
  const { connectDueAt, firstDueAt, totalDueAt, requestDueAt, idleMs } = limits;
  return [connectDueAt, firstDueAt, totalDueAt, requestDueAt, idleMs];
}

describe("callLimits", () => {
  test.each<[string, Case, number[]]>([
    ["nothing of its own: the installation's", {}, [6_000, 61_000, 600_000, 600_000, 120_000]],
    [
      "a whole answer: no limit for its first byte",
      { stream: false },
      [6_000, 600_000, 600_000, 600_000, 120_000],
    ],
    [
      "the policy's: its total is for the whole request",
      { policy: { connect_ms: 10, first_byte_ms: 20, idle_ms: 30, total_ms: 40_000 } },
      [1_010, 1_020, 40_000, 40_000, 30],
    ],
    [
      "the target's before the policy's: its total runs from the call's start",
      {
        target: { first_byte_ms: 25, total_ms: 2_000 },
        policy: { connect_ms: 10, first_byte_ms: 20, total_ms: 40_000 },
      },
      [1_010, 1_025, 3_000, 40_000, 120_000],
    ],
    [
      "a target's longer total: honoured",
      { target: { total_ms: 900_000 } },
      [6_000, 61_000, 901_000, 600_000, 120_000],
    ],
    [
      "the client's shortens all of them",
      { target: { total_ms: 9_000 }, client: 3_000 },
      [3_000, 3_000, 3_000, 3_000, 120_000],
    ],
    [
      "a client's longer one does not lengthen",
      { policy: { total_ms: 7_000 }, client: 8_000 },
      [6_000, 7_000, 7_000, 7_000, 120_000],
    ],
    [
      "a total shorter than the rest bounds them",
      { target: { total_ms: 50 } },
      [1_050, 1_050, 1_050, 600_000, 120_000],
    ],
  ])("%s", (...[, given, expected]) => {
    expect(limitsOf(given)).toEqual(expected);
  });
});
