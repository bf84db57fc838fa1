import type { ChatMessage, ChatRequest, ContentPart } from "@perpetuo/contracts/chat-request";
import type { EncodeInput, Endpoint, EndpointInput } from "../../adapter.ts";
import { outputLimit } from "../../chat/content.ts";
import { commonFields, readChatRequest, unsupported } from "../../chat/read-chat-request.ts";
import { bearerEndpoint } from "../bearer-endpoint.ts";
import { toMistralToolId } from "./tool-ids.ts";

/** Fields that the wire has under the same name and with the same meaning. */
const same = [
  "temperature",
  "top_p",
  "stop",
  "presence_penalty",
  "frequency_penalty",
  "tools",
  "parallel_tool_calls",
  "response_format",
  "reasoning_effort",
  "safe_prompt",
] as const;

const carried: ReadonlySet<string> = new Set([...commonFields, ...same, "seed"]);

export function endpoint(input: EndpointInput): Endpoint {
  return bearerEndpoint(input, "/chat/completions");
}

/**
 * Writes a chat completion request in Mistral's dialect of it: other names for the seed and the limit, no developer role, and tool
 * ids of nine characters. The usage comes unasked. Source: Mistral API reference, "Chat completion".
 */
export function encodeRequest({ call, upstreamModel }: EncodeInput): Buffer {
  const request = readChatRequest(call, carried);
  const limit = outputLimit(request);
  return Buffer.from(
    JSON.stringify({
      model: upstreamModel,
      messages: request.messages.map(messageObject),
      stream: call.stream,
      ...(limit === null ? {} : { max_tokens: limit }),
      ...(typeof request.seed === "number" ? { random_seed: request.seed } : {}),
      ...sameFields(request),
      ...toolChoice(request),
    }),
  );
}

function sameFields(request: ChatRequest): object {
  const present = same.filter((name) => request[name] !== null && request[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, request[name]]));
}

function toolChoice({ tool_choice: choice }: ChatRequest): object {
  if (!choice) return {};
  return { tool_choice: choice === "required" ? "any" : choice };
}

/** Fields of a message that are not named here, such as `prefix`, stay. */
function messageObject(message: ChatMessage, index: number): object {
  const content = contentOf(message.content, `messages[${index}].content`);
  switch (message.role) {
    case "developer":
      return { ...message, role: "system", content };
    case "tool":
      return { ...message, content, tool_call_id: toMistralToolId(message.tool_call_id) };
    case "assistant": {
      const { refusal, tool_calls, ...rest } = message;
      const calls = (tool_calls ?? []).map((call) => ({ ...call, id: toMistralToolId(call.id) }));
      return {
        ...rest,
        content: content || (refusal ?? ""),
        ...(calls.length > 0 ? { tool_calls: calls } : {}),
      };
    }
    default:
      return { ...message, content };
  }
}

function contentOf(content: string | ContentPart[] | null | undefined, where: string): unknown {
  if (!Array.isArray(content)) return content ?? "";
  return content.map((part, index) => {
    if (part.type === "text") return { type: "text", text: part.text };
    if (part.type === "refusal") return { type: "text", text: part.refusal };
    if (part.type === "image_url") return { type: "image_url", image_url: part.image_url.url };
    throw unsupported(`${where}[${index}]`, `a part of type '${part.type}' has no equivalent there`);
  });
}
