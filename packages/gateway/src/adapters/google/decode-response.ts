import type { AnswerContext, DecodedResponse } from "../../adapter.ts";
import { answered, malformed } from "../../answer-formats.ts";
import { type AnsweredToolCall, type AnswerIdentity, textOrNull } from "../../chat/answer.ts";
import { mostCallsOf } from "../../chat/most-calls.ts";
import { parseJsonObject } from "../../json-object.ts";
import { candidateEnd, type GenerateContentResponse, type PartContent, partsOf } from "./candidate.ts";
import { readUsage } from "./usage.ts";

/** Turns a whole `GenerateContentResponse` into the client's. What is no such answer is handed on as malformed. */
export function decodeResponse(body: Buffer, context: AnswerContext): DecodedResponse {
  const response = parseResponse(body);
  if (response === null) return malformed(body);
  const usage = readUsage(response.usageMetadata);
  const parts = partsOf(response);
  const end = endOf(response, parts);
  return answered(
    {
      id: textOrNull(response.responseId),
      model: textOrNull(response.modelVersion),
      text: joined(parts, "text"),
      reasoning: joined(parts, "reasoning"),
      refusal: null,
      toolCalls: toolCallsOf(parts, {
        ...context.identity,
        id: textOrNull(response.responseId) ?? context.identity.id,
      }).slice(0, mostCallsOf(context.call)),
      end,
      usage,
    },
    { context, billed: usage },
  );
}

/** A tool call needs an id; a provider that gives none gets one of the answer's id and the call's place. */
export function toolCallId({ id }: AnswerIdentity, index: number): string {
  return `call_${id}_${index}`;
}

function endOf(response: GenerateContentResponse, parts: PartContent[]) {
  if (response.promptFeedback?.blockReason) return candidateEnd("PROHIBITED_CONTENT", false);
  const reason = textOrNull(response.candidates?.[0]?.finishReason);
  return candidateEnd(
    reason ?? "no reason",
    parts.some(({ kind }) => kind === "tool-call"),
  );
}

function parseResponse(body: Buffer): GenerateContentResponse | null {
  const parsed = parseJsonObject(body.toString("utf8")) as GenerateContentResponse | null;
  return Array.isArray(parsed?.candidates) || parsed?.promptFeedback ? parsed : null;
}

function joined(parts: PartContent[], kind: "text" | "reasoning"): string | null {
  return textOrNull(parts.map((part) => (part.kind === kind ? part.text : "")).join(""));
}

function toolCallsOf(parts: PartContent[], identity: AnswerIdentity): AnsweredToolCall[] {
  const calls = parts.flatMap((part) => (part.kind === "tool-call" ? [part.call] : []));
  return calls.map((call, index) => ({ ...call, id: call.id ?? toolCallId(identity, index) }));
}
