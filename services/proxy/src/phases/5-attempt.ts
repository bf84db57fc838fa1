import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ModelCall } from "@perpetuo/gateway/adapter";
import { isFree } from "@perpetuo/gateway/demand";
import type { Plan } from "@perpetuo/gateway/routing/target";
import type { Answer, AttemptDeps, AttemptResult } from "../answer.ts";
import { AttemptCall } from "../attempt-call.ts";
import { CallSequence } from "../call-sequence.ts";
import type { Exchange, Header } from "../exchange.ts";
import { pauseWork, type Receipt, resumeWork } from "../receipt.ts";

/** Calls for one request, unless the route's policy says otherwise: AWS's SDKs and Google's SRE book agree on three. */
const defaultMaxAttempts = 3;
/** Targets whose wire cannot carry the request and that do not count among its calls: to find out, the body is read whole. */
const mostRefusals = 5;

export type AttemptInput = {
  exchange: Exchange;
  call: ModelCall;
  plan: Plan;
  receipt: Receipt;
  /** The client's own limit in milliseconds; null: the gateway's. */
  timeoutMs: number | null;
};

/**
 * Calls the plan's targets in turn until one answers, and again where there is no other. Nothing has reached the
 * client yet, so every failure before a stream's first event can be tried elsewhere. The last upstream refusal is the
 * client's answer; where no upstream answered, or where it refused our own credential, it throws `PerpetuoError` (502,
 * 504), and where none may be asked 429 or 503.
 */
export async function attempt(input: AttemptInput, deps: AttemptDeps): Promise<Answer> {
  const { receipt, exchange } = input;
  // Left while its key was looked up: nobody is called, and no attempt is written down.
  if (exchange.closed !== null) throw new PerpetuoError("client_closed_request");
  const sequence = new CallSequence(input, deps);
  let failed: (AttemptResult & { kind: "failed" }) | null = null;
  const maxAttempts = input.plan.policy?.max_attempts ?? defaultMaxAttempts;
  let refusals = 0;
  while (receipt.calls - Math.min(refusals, mostRefusals) < maxAttempts) {
    const next = sequence.askFresh() ?? (await sequence.askLater());
    if (next === null) break;
    receipt.target = next.target;
    receipt.calls++;
    const call = new AttemptCall({ ...input, target: next.target }, deps);
    const begunAt = deps.now();
    pauseWork(receipt, begunAt);
    const result = await call.result;
    const endedAt = deps.now();
    resumeWork(receipt, endedAt);
    sequence.ended(next, result);
    if (result.kind === "answered" && next.target.pace === "measured" && !isFree(input.call))
      deps.latencies.note(next.target, input.call.stream ? "stream" : "whole", endedAt - begunAt);
    if (exchange.closed !== null) throw new PerpetuoError("client_closed_request");
    if (result.kind === "answered") return result.answer;
    // That a wire cannot carry the request is no call, and says nothing of a target that would have served it and failed.
    if (result.refusal !== null) refusals++;
    if (failed === null || result.refusal === null) failed = result;
    if (result.failure.advice === "return") break;
  }
  if (failed === null)
    throw new PerpetuoError("internal_error", { internal: "a plan without targets was attempted" });
  return refuse(failed, input);
}

function refuse(
  { failure, answer, refusal }: AttemptResult & { kind: "failed" },
  { receipt }: AttemptInput,
): Answer {
  if (refusal !== null) throw refusal;
  const hasRetried = receipt.attempts.length > 1;
  if (answer === null || failure.advice === "credential" || failure.code === "upstream_redirect") {
    throw new PerpetuoError(failure.code, {
      internal: failure.message,
      ...(failure.retryAfterSeconds === null ? {} : { retryAfterSeconds: failure.retryAfterSeconds }),
    });
  }
  // The gateway has retried already: a client that repeats at once would multiply the attempts.
  const headers: Header[] = hasRetried
    ? [...answer.headers.filter(([name]) => name !== "x-should-retry"), ["x-should-retry", "false"]]
    : answer.headers;
  return { kind: "whole", status: answer.status, headers, body: answer.body, failure };
}
