import type { MockRequest } from "../request/parse-request.ts";
import { type Answer, doneEvent, type StreamAnswer, type UnaryAnswer } from "./answer.ts";
import { contentOf, type Identity, identityOf, jsonHeaders, streamHeaders, unaryBody } from "./common.ts";
import { tokenText } from "./tokens.ts";
import { makeToolCalls, type ToolCall } from "./tool-calls.ts";
import { reportedUsage, usageMember } from "./usage.ts";

/** The answer to `POST /v1/chat/completions`. */
export function chatAnswer(request: MockRequest): Answer {
  const calls = toolCallsOf(request);
  return request.stream ? streamed(request, calls) : whole(request, calls);
}

function toolCallsOf(request: MockRequest): ToolCall[] {
  const forced = request.toolChoice === "required" || typeof request.toolChoice === "object";
  const count = request.behaviour.toolCalls || (forced ? 1 : 0);
  if (request.tools.length === 0 || count === 0) return [];
  return makeToolCalls(request.tools, { count, seed: identityOf(request, "chatcmpl-").seed });
}

function whole(request: MockRequest, calls: ToolCall[]): UnaryAnswer {
  const identity = identityOf(request, "chatcmpl-");
  const content = contentOf(request, identity);
  const tokens = calls.length > 0 ? calls.flatMap((call) => call.fragments).length : content.tokens;
  const usage = reportedUsage(request.behaviour, { prompt: request.promptTokens, completion: tokens });
  const message = {
    role: "assistant",
    content: calls.length > 0 ? null : content.text(),
    refusal: null,
    annotations: [],
    ...(calls.length > 0 ? { tool_calls: calls.map(wholeToolCall) } : {}),
  };
  const choice = {
    index: 0,
    message,
    logprobs: null,
    finish_reason: finishReason(request, calls, content.cut),
  };
  return {
    kind: "unary",
    status: 200,
    headers: jsonHeaders(request, identity),
    body: unaryBody(identity, {
      object: "chat.completion",
      choices: [choice],
      usage: usageMember(usage, request.behaviour),
    }),
    contentTokens: tokens,
    usage,
  };
}

function wholeToolCall(call: ToolCall): object {
  return { id: call.id, type: "function", function: { name: call.name, arguments: call.fragments.join("") } };
}

function streamed(request: MockRequest, calls: ToolCall[]): StreamAnswer {
  const identity = identityOf(request, "chatcmpl-");
  const frame = chunkFrames(identity, request.includeUsage);
  const content = contentOf(request, identity);
  const deltas = calls.flatMap(toolCallDeltas);
  const contentCount = calls.length > 0 ? deltas.length : content.tokens;
  const usage = reportedUsage(request.behaviour, { prompt: request.promptTokens, completion: contentCount });
  const shownUsage = request.includeUsage ? usage : null;
  return {
    kind: "stream",
    status: 200,
    headers: streamHeaders(request, identity),
    opening: frame({ role: "assistant", content: calls.length > 0 ? null : "", refusal: null }, null),
    contentCount,
    contentFrame:
      calls.length > 0
        ? (index) => (deltas[index] ?? []).map((delta) => frame(delta, null)).join("")
        : (index) => frame({ content: tokenText(content.recipe, index) }, null),
    closing:
      frame({}, finishReason(request, calls, content.cut)) +
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

function finishReason(request: MockRequest, calls: ToolCall[], cut: boolean): string {
  if (request.behaviour.finishReason !== null) return request.behaviour.finishReason;
  if (calls.length > 0) return "tool_calls";
  return cut ? "length" : "stop";
}
