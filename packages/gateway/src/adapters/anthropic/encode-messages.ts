import type { ChatMessage, ContentPart, ToolCall } from "@perpetuo/contracts/chat-request";
import { argumentsObject, imageSource, onlyInstructions, textOf } from "../../chat/content.ts";
import { unsupported } from "../../chat/read-chat-request.ts";

type Block = { type: string; [field: string]: unknown };
type Turn = { role: "user" | "assistant"; content: Block[] };

/** Anthropic's `system` and `messages` of an OpenAI conversation. */
export type Conversation = { system: Block[]; messages: Turn[] };

const imageMediaTypes = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

/**
 * Leading system and developer messages become `system`; a later one is told by the user, because the wire has no place for
 * it in the conversation. Turns of one role are joined, and tool results are the user's. Source: Anthropic API reference, "Messages".
 */
export function encodeMessages(messages: ChatMessage[]): Conversation {
  const system: Block[] = [];
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    const where = `messages[${index}]`;
    if (isInstruction(message) && turns.length === 0) {
      system.push(...textBlocks(textOf(message.content, `${where}.content`)));
      continue;
    }
    append(turns, message.role === "assistant" ? "assistant" : "user", blocksOf(message, where));
  }
  if (turns.length === 0) throw onlyInstructions();
  return { system, messages: turns };
}

function isInstruction(message: ChatMessage): message is ChatMessage & { role: "system" | "developer" } {
  return message.role === "system" || message.role === "developer";
}

function append(turns: Turn[], role: Turn["role"], blocks: Block[]): void {
  if (blocks.length === 0) return;
  const last = turns.at(-1);
  if (last?.role === role) last.content.push(...blocks);
  else turns.push({ role, content: blocks });
}

function blocksOf(message: ChatMessage, where: string): Block[] {
  switch (message.role) {
    case "tool":
      return [
        {
          type: "tool_result",
          tool_use_id: message.tool_call_id,
          content: contentBlocks(message.content, `${where}.content`),
        },
      ];
    case "assistant":
      return [
        ...textBlocks(textOf(message.content, `${where}.content`) || (message.refusal ?? "")),
        ...(message.tool_calls ?? []).map((call, index) => toolUse(call, `${where}.tool_calls[${index}]`)),
      ];
    default:
      return contentBlocks(message.content, `${where}.content`);
  }
}

function contentBlocks(content: string | ContentPart[], where: string): Block[] {
  if (typeof content === "string") return textBlocks(content);
  return content.flatMap((part, index) => partBlocks(part, `${where}[${index}]`));
}

function partBlocks(part: ContentPart, where: string): Block[] {
  if (part.type === "text") return textBlocks(part.text);
  if (part.type === "refusal") return textBlocks(part.refusal);
  if (part.type !== "image_url")
    throw unsupported(where, `a part of type '${part.type}' has no equivalent there`);
  const source = imageSource(part.image_url.url, `${where}.image_url.url`);
  if (source.kind === "link") return [{ type: "image", source: { type: "url", url: source.url } }];
  if (!imageMediaTypes.has(source.mediaType)) {
    throw unsupported(`${where}.image_url.url`, `images of type '${source.mediaType}' are not taken`);
  }
  return [{ type: "image", source: { type: "base64", media_type: source.mediaType, data: source.base64 } }];
}

/** An empty text block is refused upstream, and says nothing. */
function textBlocks(text: string): Block[] {
  return text === "" ? [] : [{ type: "text", text }];
}

function toolUse(call: ToolCall, where: string): Block {
  const input = argumentsObject(call.function.arguments, `${where}.function.arguments`);
  return { type: "tool_use", id: call.id, name: call.function.name, input };
}
