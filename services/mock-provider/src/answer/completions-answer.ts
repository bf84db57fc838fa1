import type { MockRequest } from "../request/parse-request.ts";
import { type Answer, doneEvent } from "./answer.ts";
import { contentOf, type Identity, identityOf, jsonHeaders, streamHeaders, unaryBody } from "./common.ts";
import { reportedUsage, usageMember } from "./usage.ts";

/** The answer to `POST /v1/completions`. */
export function completionsAnswer(request: MockRequest): Answer {
  const identity = identityOf(request, "cmpl-");
  const content = contentOf(request, identity);
  const finish = request.behaviour.finishReason ?? (content.cut ? "length" : "stop");
  const usage = reportedUsage(request.behaviour, {
    prompt: request.promptTokens,
    completion: content.tokens,
  });
  const choice = (text: string, reason: string | null) => ({
    text,
    index: 0,
    logprobs: null,
    finish_reason: reason,
  });

  if (!request.stream) {
    return {
      kind: "unary",
      status: 200,
      headers: jsonHeaders(request, identity),
      body: unaryBody(identity, {
        object: "text_completion",
        choices: [choice(content.text(), finish)],
        usage: usageMember(usage, request.behaviour),
      }),
      contentTokens: content.tokens,
      usage,
    };
  }
  const shownUsage = request.includeUsage ? usage : null;
  const pending = request.includeUsage ? { usage: null } : {};
  return {
    kind: "stream",
    status: 200,
    headers: streamHeaders(request, identity),
    opening: "",
    contentCount: content.tokens,
    contentFrame: (index) => event(identity, { choices: [choice(content.word(index), null)], ...pending }),
    closing:
      event(identity, { choices: [choice("", finish)], ...pending }) +
      (shownUsage === null
        ? ""
        : event(identity, { choices: [], usage: usageMember(shownUsage, request.behaviour) })) +
      doneEvent,
    usage: shownUsage,
  };
}

function event(identity: Identity, members: object): string {
  const { id, created, model } = identity;
  return `data: ${JSON.stringify({ id, object: "text_completion", created, model, ...members })}\n\n`;
}
