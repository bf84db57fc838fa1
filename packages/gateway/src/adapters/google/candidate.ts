import {
  type AnswerEnd,
  type AnsweredToolCall,
  type ExtraContent,
  endedIn,
  finished,
} from "../../chat/answer.ts";

/** The parts of a `GenerateContentResponse` that the gateway reads. */
export type GenerateContentResponse = {
  candidates?: { content?: { parts?: unknown } | null; finishReason?: unknown; finishMessage?: unknown }[];
  promptFeedback?: { blockReason?: unknown } | null;
  usageMetadata?: unknown;
  modelVersion?: unknown;
  responseId?: unknown;
  error?: { message?: unknown };
};

/** What one part of an answer says. */
export type PartContent =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "tool-call"; call: Omit<AnsweredToolCall, "id"> & { id: string | null } };

const filtered = new Set([
  "SAFETY",
  "RECITATION",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_RECITATION",
]);

/** `STOP` ends tool calls too. What is neither an end, a limit nor a filter is a failure, never a stop. */
export function candidateEnd(reason: string, hasToolCalls: boolean): AnswerEnd {
  if (reason === "STOP") return finished(hasToolCalls ? "tool_calls" : "stop");
  if (reason === "MAX_TOKENS") return finished("length");
  if (filtered.has(reason)) return finished("content_filter");
  return endedIn(reason);
}

/** The parts of the first candidate that say something. */
export function partsOf({ candidates }: GenerateContentResponse): PartContent[] {
  const parts = candidates?.[0]?.content?.parts;
  return Array.isArray(parts) ? parts.flatMap(readPart) : [];
}

function readPart(part: unknown): PartContent[] {
  if (typeof part !== "object" || part === null) return [];
  const { text, thought, functionCall, thoughtSignature } = part as Record<string, unknown>;
  if (typeof functionCall === "object" && functionCall !== null) {
    const { id, name, args } = functionCall as Record<string, unknown>;
    const call = {
      id: typeof id === "string" && id !== "" ? id : null,
      name: String(name ?? ""),
      arguments: JSON.stringify(args ?? {}),
      ...signed(thoughtSignature),
    };
    return [{ kind: "tool-call", call }];
  }
  if (typeof text !== "string" || text === "") return [];
  return [{ kind: thought === true ? "reasoning" : "text", text }];
}

/** The signature goes to the client with the call, and comes back with it. */
function signed(signature: unknown): { extra?: ExtraContent } {
  return typeof signature === "string" ? { extra: { google: { thought_signature: signature } } } : {};
}
