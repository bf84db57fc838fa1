import type { MockRequest } from "../request/parse-request.ts";
import { type Answer, doneEvent, type StreamAnswer, type UnaryAnswer } from "./answer.ts";
import { type ChatParts, chatPartsOf } from "./chat-parts.ts";
import { type Identity, jsonHeaders, streamHeaders, unaryBody } from "./common.ts";
import type { ToolCall } from "./tool-calls.ts";
import { usageMember } from "./usage.ts";

/** The answer to `POST /v1/chat/completions`. */
export function chatAnswer(request: MockRequest): Answer {
  const parts = chatPartsOf(request, "chatcmpl-");
  return request.stream ? streamed(request, parts) : whole(request, parts);
}

function whole(request: MockRequest, parts: ChatParts): UnaryAnswer {
  const { identity, content, calls, tokens, usage, finish } = parts;
  const message = {
    role: "assistant",
    content: calls.length > 0 ? null : content.text(),
    refusal: null,
    annotations: [],
    ...(calls.length > 0 ? { tool_calls: calls.map(wholeToolCall) } : {}),
  };
  return {
    kind: "unary",
    status: 200,
    headers: jsonHeaders(request, identity),
    body: unaryBody(identity, {
      object: "chat.completion",
      choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
      usage: usageMember(usage, request.behaviour),
    }),
    contentTokens: tokens,
    usage,
  };
}

function wholeToolCall(call: ToolCall): object {
  return { id: call.id, type: "function", function: { name: call.name, arguments: call.fragments.join("") } };
}

function streamed(request: MockRequest, parts: ChatParts): StreamAnswer {
  const { identity, calls, tokens, usage, finish } = parts;
  const frame = chunkFrames(identity, request.includeUsage);
  const deltas = calls.flatMap(toolCallDeltas);
  const shownUsage = request.includeUsage ? usage : null;
  return {
    kind: "stream",
    status: 200,
    headers: streamHeaders(request, identity),
    opening: frame({ role: "assistant", content: calls.length > 0 ? null : "", refusal: null }, null),
    contentCount: tokens,
    contentFrame:
      calls.length > 0
        ? (index) => (deltas[index] ?? []).map((delta) => frame(delta, null)).join("")
        : (index) => frame({ content: parts.word(index) }, null),
    closing:
      frame({}, finish) +
      (shownUsage === null ? "" : usageFrame(identity, usageMember(shownUsage, request.behaviour))) +
      doneEvent,
    usage: shownUsage,
  };
}

/** The deltas of one call, one list for each argument fragment; the first also announces the call. */
function toolCallDeltas(call: ToolCall, index: number): object[][] {
  const announcement = {
    tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }],
  };
  const fragments = call.fragments.map((fragment) => ({
    tool_calls: [{ index, function: { arguments: fragment } }],
  }));
  return fragments.map((fragment, position) => (position === 0 ? [announcement, fragment] : [fragment]));
}

/** OpenAI puts `"usage":null` on every chunk of a stream whose last one reports the usage. */
function chunkFrames(identity: Identity, includeUsage: boolean) {
  const head = `data: ${JSON.stringify(chunkHead(identity)).slice(0, -1)},"choices":[{"index":0,"delta":`;
  const tail = `}]${includeUsage ? ',"usage":null' : ""}}\n\n`;
  return (delta: object, finish: string | null) =>
    `${head}${JSON.stringify(delta)},"logprobs":null,"finish_reason":${JSON.stringify(finish)}${tail}`;
}

function usageFrame(identity: Identity, usage: object | undefined): string {
  return `data: ${JSON.stringify({ ...chunkHead(identity), choices: [], usage })}\n\n`;
}

function chunkHead(identity: Identity): object {
  return {
    id: identity.id,
    object: "chat.completion.chunk",
    created: identity.created,
    model: identity.model,
    service_tier: "default",
    system_fingerprint: identity.systemFingerprint,
  };
}
