import type { ChatMessage, ContentPart, ToolCall } from "@perpetuo/contracts/chat-request";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { argumentsObject, imageSource, onlyInstructions, textOf } from "../../chat/content.ts";
import { unsupported } from "../../chat/read-chat-request.ts";

type Part = Record<string, unknown>;
type Turn = { role: "user" | "model"; parts: Part[] };

/** Gemini's `systemInstruction` and `contents` of an OpenAI conversation. */
export type Contents = { system: Part[]; contents: Turn[] };

/** Stands for a signature that was lost on the way; newer models refuse a call of theirs without one. */
const lostSignature = "skip_thought_signature_validator";

/**
 * Leading system and developer messages become `systemInstruction`; a later one is told by the user. Turns of one role are joined. A tool's
 * result names its function, which is looked up in the turn that called it. Source: Gemini API reference, `Content`.
 */
export function encodeContents(messages: ChatMessage[], needsSignatures: boolean): Contents {
  const system: Part[] = [];
  const contents: Turn[] = [];
  const names = new Map<string, string>();
  for (const [index, message] of messages.entries()) {
    const where = `messages[${index}]`;
    if ((message.role === "system" || message.role === "developer") && contents.length === 0) {
      system.push(...textParts(textOf(message.content, `${where}.content`)));
      continue;
    }
    if (message.role === "assistant") {
      for (const call of message.tool_calls ?? []) names.set(call.id, call.function.name);
      append(contents, "model", modelParts(message, where, needsSignatures));
    } else if (message.role === "tool") {
      append(contents, "user", [toolResult(message, where, names)]);
    } else {
      append(contents, "user", userParts(message.content, `${where}.content`));
    }
  }
  if (contents.length === 0) throw onlyInstructions();
  return { system, contents };
}

function append(contents: Turn[], role: Turn["role"], parts: Part[]): void {
  if (parts.length === 0) return;
  const last = contents.at(-1);
  if (last?.role === role) last.parts.push(...parts);
  else contents.push({ role, parts });
}

function modelParts(
  message: ChatMessage & { role: "assistant" },
  where: string,
  needsSignatures: boolean,
): Part[] {
  const calls = (message.tool_calls ?? []).map((call, index) => {
    const signature = signatureOf(call) ?? (needsSignatures && index === 0 ? lostSignature : null);
    const args = argumentsObject(call.function.arguments, `${where}.tool_calls[${index}].function.arguments`);
    return {
      functionCall: { name: call.function.name, args },
      ...(signature === null ? {} : { thoughtSignature: signature }),
    };
  });
  const text = textOf(message.content, `${where}.content`) || (message.refusal ?? "");
  return [...textParts(text), ...calls];
}

/** Where `decodeResponse` has put it, and where Google's own OpenAI endpoint has it. */
function signatureOf(call: ToolCall): string | null {
  const extra = call["extra_content"] as { google?: { thought_signature?: unknown } } | null | undefined;
  const signature = extra?.google?.thought_signature;
  return typeof signature === "string" ? signature : null;
}

function toolResult(
  message: ChatMessage & { role: "tool" },
  where: string,
  names: ReadonlyMap<string, string>,
): Part {
  const name = names.get(message.tool_call_id);
  if (name === undefined) {
    throw new PerpetuoError("invalid_request", {
      message: `The field '${where}.tool_call_id' names no tool call of the conversation.`,
      param: `${where}.tool_call_id`,
    });
  }
  return { functionResponse: { name, response: resultObject(textOf(message.content, `${where}.content`)) } };
}

/** The wire wants an object; any other result is put into one. */
function resultObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    return { result: value };
  } catch {
    return { result: text };
  }
}

function userParts(content: string | ContentPart[], where: string): Part[] {
  if (typeof content === "string") return textParts(content);
  return content.flatMap((part, index) => partsOf(part, `${where}[${index}]`));
}

function partsOf(part: ContentPart, where: string): Part[] {
  if (part.type === "text") return textParts(part.text);
  if (part.type === "refusal") return textParts(part.refusal);
  if (part.type !== "image_url")
    throw unsupported(where, `a part of type '${part.type}' has no equivalent there`);
  const source = imageSource(part.image_url.url, `${where}.image_url.url`);
  if (source.kind === "bytes") return [{ inlineData: { mimeType: source.mediaType, data: source.base64 } }];
  return [{ fileData: { mimeType: mediaTypeOf(source.url), fileUri: source.url } }];
}

const mediaTypes: Record<string, string> = {
  png: "image/png",
  webp: "image/webp",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
};

/** By the link's ending; most images are JPEG. */
function mediaTypeOf(url: string): string {
  const ending = /\.([a-z]+)(?:[?#]|$)/i.exec(url.split("/").at(-1) ?? "")?.[1]?.toLowerCase() ?? "";
  return mediaTypes[ending] ?? "image/jpeg";
}

function textParts(text: string): Part[] {
  return text === "" ? [] : [{ text }];
}
