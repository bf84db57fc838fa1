import type { PerpetuoError } from "@perpetuo/contracts/errors";
import type {
  ImageBlock,
  Message,
  MessageBlock,
  MessagesRequest,
  ToolResultBlock,
} from "@perpetuo/contracts/messages-request";
import type { ExtraContent } from "../chat/answer.ts";
import { unsupported } from "../chat/read-chat-request.ts";
import { providerSignature } from "./own-thinking.ts";
import { refuseOthers } from "./refusals.ts";

type Part = { type: "text"; text: string } | { type: "image_url"; image_url: { url: string } };
type ChatToolCall = {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
  extra_content?: ExtraContent;
};
type ChatMessage =
  | { role: "system"; content: string }
  | { role: "user"; content: string | Part[] }
  | { role: "assistant"; content: string | null; tool_calls?: ChatToolCall[] }
  | { role: "tool"; tool_call_id: string; content: string };

/** The conversation for a chat completion. `origins` tells which of the client's messages each came from; null: `system`. */
export type ChatConversation = { messages: ChatMessage[]; origins: (number | null)[] };

/** Writes `system` and `messages` as a chat completion's messages. @throws {PerpetuoError} 400, naming the block. */
export function toChatMessages({
  system,
  messages,
}: Pick<MessagesRequest, "system" | "messages">): ChatConversation {
  const conversation: ChatConversation = { messages: [], origins: [] };
  const add = (message: ChatMessage, origin: number | null) => {
    conversation.messages.push(message);
    conversation.origins.push(origin);
  };
  const instructions = systemText(system);
  if (instructions !== "") add({ role: "system", content: instructions }, null);
  for (const [index, message] of messages.entries()) {
    refuseOthers(message, ["role", "content"], `messages[${index}]`);
    for (const translated of chatMessagesOf(message, `messages[${index}]`)) add(translated, index);
  }
  refusePrefill(messages);
  return conversation;
}

/** Blocks keep their order; each begins a line. */
function systemText(system: MessagesRequest["system"]): string {
  if (typeof system === "string" || !system) return system ?? "";
  for (const [index, block] of system.entries()) refuseBlock(block, ["text"], `system[${index}]`);
  return system.map(({ text }) => text).join("\n");
}

/** Anthropic's older models go on with it; anybody else would answer it. */
function refusePrefill(messages: readonly Message[]): void {
  if (messages.at(-1)?.role !== "assistant") return;
  throw unsupported(`messages[${messages.length - 1}]`, "an answer that is begun cannot be continued there");
}

function chatMessagesOf({ role, content }: Message, where: string): ChatMessage[] {
  if (typeof content === "string") return content === "" ? [] : [{ role, content }];
  if (role === "assistant") return assistantMessages(content, where);
  if (role === "system") return [{ role, content: plainText(content, where) }];
  return userMessages(content, where);
}

function plainText(blocks: readonly MessageBlock[], where: string): string {
  const texts = blocks.map((block, index) => {
    if (block.type !== "text") throw misplaced(block, `${where}.content[${index}]`);
    return textOf(block, `${where}.content[${index}]`);
  });
  return texts.join("\n");
}

/** Results come first, because a chat completion wants them right behind the calls. */
function userMessages(blocks: readonly MessageBlock[], where: string): ChatMessage[] {
  const results: ChatMessage[] = [];
  const parts: Part[] = [];
  for (const [index, block] of blocks.entries()) {
    const place = `${where}.content[${index}]`;
    if (block.type === "tool_result") {
      const { text, images } = toolResult(block, place);
      results.push({ role: "tool", tool_call_id: block.tool_use_id, content: text });
      parts.push(...images);
    } else if (block.type === "text") {
      const text = textOf(block, place);
      if (text !== "") parts.push({ type: "text", text });
    } else if (block.type === "image") {
      parts.push(imagePart(block, place));
    } else {
      throw misplaced(block, place);
    }
  }
  if (parts.length === 0) return results;
  const [only] = parts;
  const content = parts.length === 1 && only?.type === "text" ? only.text : parts;
  return [...results, { role: "user", content }];
}

/** A result that failed says so in words, and its images follow as the user's: a chat completion has no place for either. */
function toolResult(block: ToolResultBlock, where: string): { text: string; images: Part[] } {
  refuseBlock(block, ["tool_use_id", "content", "is_error"], where);
  const failed = block.is_error === true ? "Error: " : "";
  if (typeof block.content === "string" || !block.content) {
    return { text: failed + (block.content ?? ""), images: [] };
  }
  const texts: string[] = [];
  const images: Part[] = [];
  for (const [index, part] of block.content.entries()) {
    const place = `${where}.content[${index}]`;
    if (part.type === "text") texts.push(textOf(part, place));
    else if (part.type === "image") images.push(imagePart(part, place));
    else throw misplaced(part, place);
  }
  if (images.length > 0) images.unshift({ type: "text", text: `From the result of ${block.tool_use_id}:` });
  return { text: failed + texts.join("\n"), images };
}

/** Thought is left out, because nobody but who signed it can read it; a provider's own signature goes with the call behind it. */
function assistantMessages(blocks: readonly MessageBlock[], where: string): ChatMessage[] {
  let text = "";
  let signature: string | null = null;
  const calls: ChatToolCall[] = [];
  for (const [index, block] of blocks.entries()) {
    const place = `${where}.content[${index}]`;
    switch (block.type) {
      case "text":
        text += textOf(block, place);
        break;
      case "thinking":
        signature = providerSignature(block.signature ?? "");
        break;
      case "redacted_thinking":
        break;
      case "tool_use":
        refuseBlock(block, ["id", "name", "input", "caller"], place);
        calls.push(toolCall(block, signature));
        signature = null;
        break;
      default:
        throw misplaced(block, place);
    }
  }
  if (text === "" && calls.length === 0) return [];
  const content = text === "" ? null : text;
  return [{ role: "assistant", content, ...(calls.length === 0 ? {} : { tool_calls: calls }) }];
}

function toolCall(
  { id, name, input }: MessageBlock & { type: "tool_use" },
  signature: string | null,
): ChatToolCall {
  const call: ChatToolCall = { id, type: "function", function: { name, arguments: JSON.stringify(input) } };
  return signature === null ? call : { ...call, extra_content: { google: { thought_signature: signature } } };
}

function textOf(block: { type: "text"; text: string; citations?: unknown }, where: string): string {
  // The model's own sources of an earlier turn: an empty list says nothing.
  const known =
    Array.isArray(block.citations) && block.citations.length === 0 ? ["text", "citations"] : ["text"];
  refuseBlock(block, known, where);
  return block.text;
}

function imagePart(block: ImageBlock, where: string): Part {
  refuseBlock(block, ["source"], where);
  const { source } = block;
  if (source.type === "file")
    throw unsupported(`${where}.source`, "a file of Anthropic's cannot be read there");
  const url = source.type === "url" ? source.url : `data:${source.media_type};base64,${source.data}`;
  return { type: "image_url", image_url: { url } };
}

function refuseBlock(block: object, known: readonly string[], where: string): void {
  refuseOthers(block, ["type", ...known], where);
}

/** A block that has no place in such a message, or none in any chat completion. */
function misplaced({ type }: { type: string }, where: string): PerpetuoError {
  return unsupported(where, `a block of type '${type}' has no equivalent there`);
}
