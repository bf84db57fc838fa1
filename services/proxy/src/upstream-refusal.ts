import { obeyRetryHeader, type UpstreamFailure } from "@perpetuo/gateway/failure";
import type { AttemptCallInput, FailedAnswer } from "./answer.ts";
import type { Header } from "./exchange.ts";
import type { ResponseHeaders } from "./http1/response-head.ts";
import { passableFrom } from "./translation.ts";

/** Stands for the message of a provider that repeats the credential it was called with. */
export const hiddenMessage = "the provider's error repeats the provider key";

/** An answer of status 300 or above, whole. */
export type RefusedAnswer = {
  status: number;
  headers: ResponseHeaders;
  body: Buffer;
  /** Whether the bytes hold the credential that the provider was called with. */
  reveals: (bytes: Buffer) => boolean;
};

/**
 * What a refusal means, and what of it the client may have: nothing when it repeats the credential, escaped or in a
 * header, because neither the log nor the client may learn it from a provider.
 */
export function readRefusal(
  input: AttemptCallInput,
  { status, headers: all, body, reveals }: RefusedAnswer,
): { failure: UpstreamFailure; answer: FailedAnswer | null } {
  const failure = obeyRetryHeader(input.target.adapter.classifyError({ status, headers: all, body }), all);
  const headers = passableFrom(input, all);
  const said = Buffer.concat([body, Buffer.from(`${failure.message} ${headers.join(" ")}`)]);
  if (reveals(said)) return { failure: { ...failure, message: hiddenMessage }, answer: null };
  return { failure, answer: refusalFor(input, failure, { status, headers, body }) };
}

/** A provider's refusal for the client: as it came on the client's own wire, else in its envelope. */
function refusalFor(
  { target, receipt }: AttemptCallInput,
  failure: UpstreamFailure,
  answer: FailedAnswer,
): FailedAnswer {
  if (target.codec.wire === "pass-through") return answer;
  const { status, body } = receipt.dialect.refusal({ ...failure, status: answer.status }, receipt.requestId);
  const wait = failure.retryAfterSeconds;
  // Some clients read whole seconds only.
  const isReplaced = (name: string) =>
    name.startsWith("content-") || (wait !== null && name === "retry-after");
  const kept = answer.headers.filter(([name]) => !isReplaced(name));
  const headers: Header[] = [...kept, ["content-type", "application/json"]];
  if (wait !== null) headers.push(["retry-after", String(Math.ceil(wait))]);
  return { status, headers, body: Buffer.from(JSON.stringify(body)) };
}
