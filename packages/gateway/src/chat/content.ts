import type { ChatRequest, ContentPart } from "@perpetuo/contracts/chat-request";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { unsupported } from "./read-chat-request.ts";

type Content = string | ContentPart[] | null | undefined;

/** Text of a content that may hold nothing else. `where` names it in the refusal of another part. */
export function textOf(content: Content, where: string): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part, index) => textOfPart(part, `${where}[${index}]`)).join("\n");
}

function textOfPart(part: ContentPart, where: string): string {
  if (part.type === "text") return part.text;
  if (part.type === "refusal") return part.refusal;
  throw unsupported(where, `a part of type '${part.type}' has no equivalent there`);
}

/** An image as wires carry it: a link, or bytes with their media type. */
export type ImageSource =
  | { kind: "link"; url: string }
  | { kind: "bytes"; mediaType: string; base64: string };

const dataUrl = /^data:([a-z0-9.+/-]+)(?:;[a-z0-9=.+-]+)*;base64,/i;

/** Reads an `image_url`. @throws {PerpetuoError} `invalid_request` for what is neither a link nor base64 data. */
export function imageSource(url: string, where: string): ImageSource {
  const head = dataUrl.exec(url.slice(0, 256));
  if (head?.[1] !== undefined) {
    return { kind: "bytes", mediaType: head[1].toLowerCase(), base64: url.slice(head[0].length) };
  }
  if (/^https?:\/\//i.test(url)) return { kind: "link", url };
  throw new PerpetuoError("invalid_request", {
    message: `The field '${where}' must be an http(s) link or base64 data with its media type.`,
    param: where,
  });
}

/** A tool call's arguments as an object; an empty text is an empty object. */
export function argumentsObject(text: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text.trim() === "" ? "{}" : text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Said below.
  }
  throw new PerpetuoError("invalid_request", {
    message: `The field '${where}' must be the text of a JSON object.`,
    param: where,
  });
}

/** The most output tokens that the client allows, by either name; null when it names none. */
export function outputLimit({ max_completion_tokens, max_tokens }: ChatRequest): number | null {
  return max_completion_tokens ?? max_tokens ?? null;
}

/** `stop` as a list; empty when there is none. */
export function stopTexts({ stop }: ChatRequest): string[] {
  if (stop === null || stop === undefined) return [];
  return typeof stop === "string" ? [stop] : stop;
}

/** For a conversation of nothing but system and developer messages, which other wires keep apart from its turns. */
export function onlyInstructions(): PerpetuoError {
  return new PerpetuoError("invalid_request", {
    message: "The field 'messages' must hold more than instructions.",
    param: "messages",
  });
}
