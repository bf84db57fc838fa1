import type { Usage } from "@perpetuo/contracts/usage";
import type { AnswerContext, DecodedResponse } from "./adapter.ts";
import { type ChatAnswer, completionObject } from "./chat/answer.ts";
import { ChatStreamFormat, type StreamFormat } from "./chat/stream-format.ts";
import { messageObject } from "./messages/answer.ts";
import { MessagesStreamFormat } from "./messages/stream-format.ts";

/** What a whole answer is written for. `billed` is what goes into the log; null when the provider does not say. */
type Answering = { context: AnswerContext; billed: Usage | null };

/** A whole answer of another wire in the client's dialect. One that ended in a failure is an error. */
export function answered(answer: ChatAnswer, { context, billed }: Answering): DecodedResponse {
  const { identity, call } = context;
  const written =
    call.operation === "messages"
      ? messageObject(answer, context)
      : ({ kind: "written", value: completionObject(answer, identity) } as const);
  const bytes = Buffer.from(written.kind === "written" ? JSON.stringify(written.value) : "");
  return { bytes, usage: billed, malformed: false, error: failureIn(answer.end) ?? failureIn(written) };
}

function failureIn(
  outcome: { kind: "finished" | "written" } | { kind: "failed"; message: string },
): string | null {
  return outcome.kind === "failed" ? outcome.message : null;
}

/** What is no answer of the provider's wire. */
export function malformed(body: Buffer): DecodedResponse {
  return { bytes: body, usage: null, malformed: true, error: null };
}

/** How a stream of another wire is written for the client. */
export function streamFormatFor({ call, identity }: AnswerContext): StreamFormat {
  return call.operation === "messages"
    ? new MessagesStreamFormat(identity, call)
    : new ChatStreamFormat(identity, call.includeUsage);
}
