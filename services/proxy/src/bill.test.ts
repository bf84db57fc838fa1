import type { Usage } from "@perpetuo/contracts/usage";
import { noUsage } from "@perpetuo/contracts/usage";
import { describe, expect, test } from "vitest";
import { bill } from "./bill.ts";
import { type EndedAttempt, recordAttempt } from "./receipt.ts";
import { planOf, principalOf, receiptOf } from "./request.test-fixture.ts";

const ended = { isBillable: true, wasted: null, error: null, startedAt: 0, firstByteAt: null, endedAt: 1 };
const ok: EndedAttempt = { ...ended, outcome: "ok", status: 200 };
const refused: EndedAttempt = { ...ended, outcome: "failed", status: 500, isBillable: false };
const unsent: EndedAttempt = { ...ended, outcome: "failed", status: null, isBillable: false };
const indeterminate: EndedAttempt = { ...ended, outcome: "indeterminate", status: null };
const halfRead: EndedAttempt = { ...ended, outcome: "failed", status: 200 };
const wastedTokens = (usage: Partial<Usage>): EndedAttempt => ({
  ...halfRead,
  wasted: { ...noUsage, ...usage },
});

/** $1 a million tokens in, $2 out, so that a token in costs one micro-dollar. */
function billed(attempts: readonly EndedAttempt[], usage: Usage = noUsage) {
  const principal = principalOf();
  const receipt = receiptOf(principal);
  const [target] = planOf(principal).targets;
  if (target === undefined) throw new TypeError("the plan is empty");
  receipt.target = target;
  for (const attempt of attempts) recordAttempt(receipt, target, attempt);
  receipt.usage = usage;
  const cost = bill(receipt);
  return { cost, usage: receipt.usage, costs: receipt.attempts.map((attempt) => attempt.cost_micros) };
}

const answer: Usage = { ...noUsage, input_tokens: 10, output_tokens: 5 };

describe("bill", () => {
  test.each<[string, EndedAttempt[], Usage, cost: number | null, costs: (number | null)[]]>([
    ["an answer", [ok], answer, 20, [20]],
    ["an answer of which nothing was counted", [ok], noUsage, null, [null]],
    ["a refusal", [refused], noUsage, 0, [0]],
    ["a call that did not reach the provider", [unsent], noUsage, 0, [0]],
    ["a call whose end nobody knows", [indeterminate], noUsage, null, [null]],
    ["a refusal, then an answer", [refused, ok], answer, 20, [0, 20]],
    ["a call whose end nobody knows, then an answer", [indeterminate, ok], answer, 20, [null, 20]],
    ["half an answer, then a refusal", [halfRead, refused], noUsage, 0, [null, 0]],
    ["no call", [], noUsage, 0, []],
  ])("%s · what is known, and null for what is not", (...[, attempts, usage, cost, costs]) => {
    expect(billed(attempts, usage)).toEqual({ cost, costs, usage });
  });

  test("a failed call that was counted, then an answer · both are in the row, each at its own cost", () => {
    const { cost, costs, usage } = billed([wastedTokens({ input_tokens: 7, output_tokens: 1 }), ok], answer);
    expect([cost, costs]).toEqual([29, [9, 20]]);
    expect(usage).toMatchObject({ input_tokens: 17, output_tokens: 6 });
  });

  test("a failed call that was counted, alone · is the row", () => {
    const { cost, usage } = billed([wastedTokens({ input_tokens: 7 })]);
    expect([cost, usage.input_tokens]).toEqual([7, 7]);
  });

  test("tokens at an unknown rate · make the row's cost unknown, whatever else is known", () => {
    const unknown = wastedTokens({ input_tokens: 7, cached_input_tokens: 7 });
    expect(billed([unknown, ok], answer)).toMatchObject({ cost: null, costs: [null, 20] });
  });
});
