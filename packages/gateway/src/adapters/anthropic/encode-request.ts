import type { ChatRequest, ChatTool } from "@perpetuo/contracts/chat-request";
import type { EncodeInput, Endpoint, EndpointInput } from "../../adapter.ts";
import { outputLimit, stopTexts } from "../../chat/content.ts";
import { commonFields, readChatRequest, unsupported } from "../../chat/read-chat-request.ts";
import { splitBaseUrl } from "../base-path.ts";
import { encodeMessages } from "./encode-messages.ts";

/** The version of the wire that this adapter speaks. */
const wireVersion = "2023-06-01";
/** `max_tokens` is required; this stands where neither the client nor the catalogue names a limit. */
const defaultOutputTokens = 4_096;

const carried: ReadonlySet<string> = new Set([...commonFields, "parallel_tool_calls"]);

/** Where the attempt goes: the base URL's origin and path, with the key in a header of its own. */
export function endpoint({ baseUrl, secret }: EndpointInput): Endpoint {
  const { origin, prefix } = splitBaseUrl(baseUrl);
  return {
    origin,
    path: `${prefix}/messages`,
    headers: {
      "x-api-key": secret,
      "anthropic-version": wireVersion,
      "content-type": "application/json",
      accept: "*/*",
    },
  };
}

/** Writes a chat completion request as a Messages request. Source: Anthropic API reference, "Messages". */
export function encodeRequest({ call, upstreamModel, maxOutputTokens, capabilities }: EncodeInput): Buffer {
  const request = readChatRequest(call, carried);
  const { system, messages } = encodeMessages(request.messages);
  const instructions = [...system, ...jsonInstruction(request)];
  const stops = stopTexts(request);
  return Buffer.from(
    JSON.stringify({
      model: upstreamModel,
      max_tokens: outputLimit(request) ?? maxOutputTokens ?? defaultOutputTokens,
      ...(instructions.length > 0 ? { system: instructions } : {}),
      messages,
      ...(call.stream ? { stream: true } : {}),
      ...(capabilities?.includes("fixed-sampling") ? fixedSampling(request) : samplingOf(request)),
      ...(stops.length > 0 ? { stop_sequences: stops } : {}),
      ...toolsOf(request),
      ...outputConfig(request),
      ...(request.reasoning_effort === "none" ? { thinking: { type: "disabled" } } : {}),
      ...(typeof request.user === "string" ? { metadata: { user_id: request.user } } : {}),
    }),
  );
}

/** The wire's scale of temperatures ends at 1, where OpenAI's goes on to 2. */
function samplingOf({ temperature, top_p }: ChatRequest): { temperature?: number; top_p?: number } {
  if (typeof temperature === "number" && temperature > 1)
    throw unsupported("temperature", "its scale ends at 1");
  return {
    ...(typeof temperature === "number" ? { temperature } : {}),
    ...(typeof top_p === "number" ? { top_p } : {}),
  };
}

/** Such a model takes the defaults alone, 1 and from 0.99 on; saying them is asking for nothing. */
function fixedSampling({ temperature, top_p }: ChatRequest): object {
  if (typeof temperature === "number" && temperature !== 1)
    throw unsupported("temperature", "this model has no other one than 1");
  if (typeof top_p === "number" && top_p < 0.99) throw unsupported("top_p", "this model has none below 0.99");
  return {};
}

function toolsOf(request: ChatRequest): object {
  const tools = request.tools ?? [];
  if (tools.length === 0) return {};
  return { tools: tools.map(toolObject), ...toolChoiceOf(request) };
}

function toolObject({ function: { name, description, parameters, strict } }: ChatTool): object {
  return {
    name,
    ...(typeof description === "string" ? { description } : {}),
    input_schema: parameters ?? { type: "object", properties: {} },
    ...(strict === true ? { strict } : {}),
  };
}

function toolChoiceOf({ tool_choice, parallel_tool_calls }: ChatRequest): object {
  const oneAtATime = parallel_tool_calls === false ? { disable_parallel_tool_use: true } : {};
  if (tool_choice === "none") return { tool_choice: { type: "none" } };
  if (tool_choice === "required") return { tool_choice: { type: "any", ...oneAtATime } };
  if (typeof tool_choice === "object" && tool_choice !== null) {
    return { tool_choice: { type: "tool", name: tool_choice.function.name, ...oneAtATime } };
  }
  const isNamed = tool_choice === "auto" || parallel_tool_calls === false;
  return isNamed ? { tool_choice: { type: "auto", ...oneAtATime } } : {};
}

const efforts = { minimal: "low", low: "low", medium: "medium", high: "high", xhigh: "max" } as const;

function outputConfig({ response_format, reasoning_effort }: ChatRequest): object {
  const schema = response_format?.type === "json_schema" ? response_format.json_schema.schema : null;
  const format = schema ? { format: { type: "json_schema", schema } } : {};
  const effort = reasoning_effort && reasoning_effort !== "none" ? { effort: efforts[reasoning_effort] } : {};
  const config = { ...format, ...effort };
  return Object.keys(config).length > 0 ? { output_config: config } : {};
}

/** The wire has no mode for any JSON object, so it is asked for in words. */
function jsonInstruction({ response_format }: ChatRequest): { type: string; text: string }[] {
  const wantsAnyObject =
    response_format?.type === "json_object" ||
    (response_format?.type === "json_schema" && !response_format.json_schema.schema);
  if (!wantsAnyObject) return [];
  return [{ type: "text", text: "Answer with one JSON object and nothing else, without a code fence." }];
}
