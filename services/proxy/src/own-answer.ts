import type { ModelCall } from "@perpetuo/gateway/adapter";
import { estimateMessageTokens } from "@perpetuo/gateway/messages/count-tokens";
import type { Plan } from "@perpetuo/gateway/routing/target";
import { type AnswerHeadersDeps, answerHeaders } from "./answer-headers.ts";
import type { Ending } from "./ending.ts";
import type { RequestHead } from "./exchange.ts";
import { explain, isDryRun } from "./explain.ts";
import type { Principal } from "./key-cache.ts";
import type { Receipt } from "./receipt.ts";

export type OwnAnswerInput = { head: RequestHead; call: ModelCall; principal: Principal; receipt: Receipt };

/** What the gateway answers without calling anybody; null where a target is to be called. */
export function answerItself(plan: Plan, input: OwnAnswerInput, deps: AnswerHeadersDeps): Ending | null {
  if (isDryRun(input.head)) return explain(plan, input, deps);
  // A plan without any target has passed the planner only for an estimate.
  if (plan.targets.length > 0 || plan.passedOver.length > 0) return null;
  return {
    kind: "whole",
    status: 200,
    headers: answerHeaders([["content-type", "application/json"]], input.receipt, deps),
    body: Buffer.from(JSON.stringify({ input_tokens: estimateMessageTokens(input.call) })),
    failure: null,
  };
}
