import type { ChatRequest, ChatTool } from "@perpetuo/contracts/chat-request";
import type { EncodeInput, Endpoint, EndpointInput } from "../../adapter.ts";
import { outputLimit, stopTexts } from "../../chat/content.ts";
import { commonFields, readChatRequest } from "../../chat/read-chat-request.ts";
import { encodeContents } from "./encode-contents.ts";
import { methodEndpoint } from "./method-endpoint.ts";
import { toProviderSchema } from "./schema.ts";

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
  return methodEndpoint(input, input.stream ? "streamGenerateContent?alt=sse" : "generateContent");
}

/** Writes a chat completion request as a `GenerateContentRequest`. Source: Gemini API reference. */
export function encodeRequest({ call, upstreamModel }: EncodeInput): Buffer {
  const request = readChatRequest(call, carried);
  const isThinkingByLevel = /gemini-[3-9]/.test(upstreamModel);
  const { system, contents } = encodeContents(request.messages, isThinkingByLevel);
  const generationConfig = {
    ...sampling(request),
    ...outputFormat(request),
    ...thinking(request, isThinkingByLevel),
  };
  return Buffer.from(
    JSON.stringify({
      ...(system.length > 0 ? { systemInstruction: { parts: system } } : {}),
      contents,
      ...toolsOf(request),
      ...(Object.keys(generationConfig).length > 0 ? { generationConfig } : {}),
    }),
  );
}

function sampling(request: ChatRequest): object {
  const stops = stopTexts(request);
  const limit = outputLimit(request);
  return {
    ...(limit === null ? {} : { maxOutputTokens: limit }),
    ...(stops.length > 0 ? { stopSequences: stops } : {}),
    ...present("temperature", request.temperature),
    ...present("topP", request.top_p),
    ...present("topK", request.top_k),
    ...present("seed", request.seed),
    ...present("presencePenalty", request.presence_penalty),
    ...present("frequencyPenalty", request.frequency_penalty),
  };
}

function present(name: string, value: number | null | undefined): object {
  return typeof value === "number" ? { [name]: value } : {};
}

function outputFormat({ response_format: format }: ChatRequest): object {
  if (!format || format.type === "text") return {};
  const schema = format.type === "json_schema" ? format.json_schema.schema : null;
  const responseSchema = schema ? toProviderSchema(schema, "response_format.json_schema.schema") : null;
  return { responseMimeType: "application/json", ...(responseSchema === null ? {} : { responseSchema }) };
}

/** Tokens of thought, for models that are told a budget. Source: Gemini documentation, "OpenAI compatibility". */
const budgets = { none: 0, minimal: 1_024, low: 1_024, medium: 8_192, high: 24_576, xhigh: 24_576 } as const;
const levels = {
  none: "low",
  minimal: "low",
  low: "low",
  medium: "high",
  high: "high",
  xhigh: "high",
} as const;

function thinking({ reasoning_effort: effort }: ChatRequest, byLevel: boolean): object {
  if (!effort) return {};
  return {
    thinkingConfig: byLevel ? { thinkingLevel: levels[effort] } : { thinkingBudget: budgets[effort] },
  };
}

function toolsOf(request: ChatRequest): object {
  const tools = request.tools ?? [];
  if (tools.length === 0) return {};
  return { tools: [{ functionDeclarations: tools.map(declaration) }], ...toolConfig(request) };
}

function declaration({ function: { name, description, parameters } }: ChatTool, index: number): object {
  const schema = parameters ? toProviderSchema(parameters, `tools[${index}].function.parameters`) : null;
  return {
    name,
    ...(typeof description === "string" ? { description } : {}),
    ...(schema === null ? {} : { parameters: schema }),
  };
}

const modes = { auto: "AUTO", none: "NONE", required: "ANY" } as const;

function toolConfig({ tool_choice: choice }: ChatRequest): object {
  if (!choice) return {};
  const functionCallingConfig =
    typeof choice === "string"
      ? { mode: modes[choice] }
      : { mode: "ANY", allowedFunctionNames: [choice.function.name] };
  return { toolConfig: { functionCallingConfig } };
}
