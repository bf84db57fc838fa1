import type { AttemptCallInput, Timeouts } from "./answer.ts";

/** What one call may take. Moments are on the clock of `acceptedAt`. */
export type CallLimits = {
  connectDueAt: number;
  /** For a stream's first event, or for the whole answer. */
  firstDueAt: number;
  /** The same, or earlier where the stream's first event may take longer than all else. */
  totalDueAt: number;
  /** When the request has no time left for any target. */
  requestDueAt: number;
  /** Milliseconds between two pieces of a stream. */
  idleMs: number;
};

/**
 * When a request's answer must be there, or a stream's first event: the client's limit, the policy's or else the
 * installation's, over all attempts together. A stream that has begun has its own limits.
 */
export function answerDueAt(
  { receipt, timeoutMs }: Pick<AttemptCallInput, "receipt" | "timeoutMs">,
  { wholeAnswerMs }: Timeouts,
): number {
  const limit = receipt.plan?.policy?.timeouts.total_ms ?? wholeAnswerMs;
  return receipt.acceptedAt + Math.min(limit, timeoutMs ?? limit);
}

/**
 * The limits of one call: the target's, its policy's, or the installation's. A `total_ms` of the target runs from the
 * start of the call, so that another target has its own, and the client's limit shortens it.
 */
export function callLimits(input: AttemptCallInput, startedAt: number, installed: Timeouts): CallLimits {
  const { target, call, receipt, timeoutMs } = input;
  const own = target.timeouts;
  const requestDueAt = answerDueAt(input, installed);
  const totalDueAt =
    own?.total_ms === undefined
      ? requestDueAt
      : Math.min(startedAt + own.total_ms, receipt.acceptedAt + (timeoutMs ?? Number.POSITIVE_INFINITY));
  const firstMs = call.stream ? (own?.first_byte_ms ?? installed.firstByteMs) : Number.POSITIVE_INFINITY;
  const firstDueAt = Math.min(startedAt + firstMs, totalDueAt);
  const connectDueAt = Math.min(startedAt + (own?.connect_ms ?? installed.connectMs), firstDueAt);
  return { connectDueAt, firstDueAt, totalDueAt, requestDueAt, idleMs: own?.idle_ms ?? installed.idleMs };
}
