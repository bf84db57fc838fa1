import type { JsonObject } from "../request/parse-request.ts";

/** The formats in which a chat call can come in and be answered. */
export type WireName = "openai" | "anthropic" | "google" | "cohere" | "mistral";

/**
 * A call's body as OpenAI's chat completion would say it, as far as the mock looks at it. Nothing is checked: what is missing is missing.
 * `address` is the call's own part of the path, which on Google's wire names the model and the method.
 */
export const inOpenAiWords: Record<WireName, (body: JsonObject, address: string) => JsonObject> = {
  openai: (body) => body,
  anthropic,
  google,
  cohere: (body) => ({ ...body, stream_options: { include_usage: true } }),
  mistral: (body) => ({ ...body, stream_options: { include_usage: true } }),
};

function anthropic(body: JsonObject): JsonObject {
  const choice = body["tool_choice"] as { type?: unknown } | undefined;
  const forced = choice?.type === "any" || choice?.type === "tool";
  return {
    ...body,
    messages: body["messages"],
    tools: listOf(body["tools"]).map(({ name, input_schema }) => functionTool(name, input_schema)),
    tool_choice: forced ? "required" : undefined,
    user: (body["metadata"] as { user_id?: unknown } | undefined)?.user_id,
  };
}

function google(body: JsonObject, address: string): JsonObject {
  const [model = "", method = ""] = address.split(/:(?=[^:]*$)/);
  const config = (body["toolConfig"] as { functionCallingConfig?: { mode?: unknown } } | undefined)
    ?.functionCallingConfig;
  const limit = (body["generationConfig"] as { maxOutputTokens?: unknown } | undefined)?.maxOutputTokens;
  const declared = listOf(body["tools"]).flatMap(({ functionDeclarations }) => listOf(functionDeclarations));
  return {
    model,
    messages: listOf(body["contents"]).map(({ role, parts }) => ({ role, content: textOf(parts) })),
    stream: method === "streamGenerateContent",
    stream_options: { include_usage: true },
    tools: declared.map(({ name, parameters }) => functionTool(name, parameters)),
    tool_choice: config?.mode === "ANY" ? "required" : undefined,
    max_tokens: limit,
  };
}

function textOf(parts: unknown): string {
  return listOf(parts)
    .map(({ text }) => (typeof text === "string" ? text : ""))
    .join("");
}

function functionTool(name: unknown, parameters: unknown): JsonObject {
  return { type: "function", function: { name, parameters } };
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value : [];
}
