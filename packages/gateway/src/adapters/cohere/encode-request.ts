import type { ChatMessage, ChatRequest, ChatTool, ContentPart } from "@perpetuo/contracts/chat-request";
import type { EncodeInput, Endpoint, EndpointInput } from "../../adapter.ts";
import { outputLimit, stopTexts, textOf } from "../../chat/content.ts";
import { commonFields, readChatRequest, unsupported } from "../../chat/read-chat-request.ts";
import { bearerEndpoint } from "../bearer-endpoint.ts";

const mostStops = 5;

const carried: ReadonlySet<string> = new Set([
  ...commonFields,
  // The wire has no word for it: of an answer's calls the first is passed on.
  "parallel_tool_calls",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "top_k",
]);

export function endpoint(input: EndpointInput): Endpoint {
  return bearerEndpoint(input, "/v2/chat");
}

/** Writes a chat completion request as Cohere's. Source: Cohere API reference, "Chat", version 2. */
export function encodeRequest({ call, upstreamModel }: EncodeInput): Buffer {
  const request = readChatRequest(call, carried);
  const stops = stopTexts(request);
  if (stops.length > mostStops) throw unsupported("stop", `at most ${mostStops} texts are taken`);
  const limit = outputLimit(request);
  return Buffer.from(
    JSON.stringify({
      model: upstreamModel,
      messages: request.messages.map(messageObject),
      stream: call.stream,
      ...(limit === null ? {} : { max_tokens: limit }),
      ...(stops.length > 0 ? { stop_sequences: stops } : {}),
      ...sampling(request),
      ...toolsOf(request),
      ...responseFormat(request),
      ...thinking(request),
    }),
  );
}

function messageObject(message: ChatMessage, index: number): object {
  const where = `messages[${index}].content`;
  switch (message.role) {
    case "system":
    case "developer":
      return { role: "system", content: textOf(message.content, where) };
    case "user":
      return { role: "user", content: userContent(message.content, where) };
    case "tool":
      return {
        role: "tool",
        tool_call_id: message.tool_call_id,
        content: textOf(message.content, where),
      };
    case "assistant": {
      const text = textOf(message.content, where) || (message.refusal ?? "");
      const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: given } }) => ({
        id,
        type: "function",
        function: { name, arguments: given.trim() === "" ? "{}" : given },
      }));
      return {
        role: "assistant",
        ...(text === "" ? {} : { content: text }),
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      };
    }
  }
}

function userContent(content: string | ContentPart[], where: string): string | object[] {
  if (typeof content === "string") return content;
  return content.map((part, index) => {
    if (part.type === "text") return { type: "text", text: part.text };
    if (part.type === "image_url") return { type: "image_url", image_url: { url: part.image_url.url } };
    throw unsupported(`${where}[${index}]`, `a part of type '${part.type}' has no equivalent there`);
  });
}

function sampling(request: ChatRequest): object {
  const { temperature, top_p, top_k, seed } = request;
  return {
    ...(typeof temperature === "number" ? { temperature } : {}),
    ...nucleus(top_p),
    ...(typeof top_k === "number" ? { k: top_k } : {}),
    ...(typeof seed === "number" ? { seed } : {}),
    ...penalty("presence_penalty", request.presence_penalty),
    ...penalty("frequency_penalty", request.frequency_penalty),
  };
}

/** Its scale goes from 0.01 to 0.99; all of the mass, which is what OpenAI does unasked, is asked for by saying nothing. */
function nucleus(top_p: number | null | undefined): { p?: number } {
  if (typeof top_p !== "number" || top_p === 1) return {};
  if (top_p < 0.01 || top_p > 0.99) throw unsupported("top_p", "its scale goes from 0.01 to 0.99");
  return { p: top_p };
}

function penalty(name: "presence_penalty" | "frequency_penalty", value: number | null | undefined): object {
  if (typeof value !== "number") return {};
  if (value < 0 || value > 1) throw unsupported(name, "its scale goes from 0 to 1");
  return { [name]: value };
}

function toolsOf({ tools, tool_choice: choice }: ChatRequest): object {
  if (!tools || tools.length === 0) return {};
  const named = typeof choice === "object" && choice !== null ? choice.function.name : null;
  const offered = named === null ? tools : tools.filter((tool) => tool.function.name === named);
  if (offered.length === 0) throw unsupported("tool_choice", "it names none of the tools");
  return {
    tools: offered.map(toolObject),
    ...(offered.some((tool) => tool.function.strict === true) ? { strict_tools: true } : {}),
    ...(choice === "none" ? { tool_choice: "NONE" } : {}),
    ...(choice === "required" || named !== null ? { tool_choice: "REQUIRED" } : {}),
  };
}

function toolObject({ function: { name, description, parameters } }: ChatTool): object {
  return {
    type: "function",
    function: {
      name,
      ...(typeof description === "string" ? { description } : {}),
      parameters: parameters ?? { type: "object", properties: {} },
    },
  };
}

function responseFormat({ response_format: format, tools }: ChatRequest): object {
  if (!format || format.type === "text") return {};
  if (tools && tools.length > 0) throw unsupported("response_format", "it cannot be asked for beside tools");
  const schema = format.type === "json_schema" ? format.json_schema.schema : null;
  return { response_format: { type: "json_object", ...(schema ? { json_schema: schema } : {}) } };
}

/** There is thought or none; how much is not asked for. */
function thinking({ reasoning_effort: effort }: ChatRequest): object {
  if (!effort) return {};
  return { thinking: { type: effort === "none" ? "disabled" : "enabled" } };
}
