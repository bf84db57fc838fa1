import { isObject, objectMember } from "../request/json-object.ts";
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
  cohere: (body) => ({
    ...body,
    response_format: schemaFormat(objectMember(body, "response_format")["json_schema"]),
    tool_choice: body["tool_choice"] === "REQUIRED" ? "required" : undefined,
    stream_options: { include_usage: true },
  }),
  mistral: (body) => ({
    ...body,
    tool_choice: body["tool_choice"] === "any" ? "required" : body["tool_choice"],
    stream_options: { include_usage: true },
  }),
};

function anthropic(body: JsonObject): JsonObject {
  const choice = body["tool_choice"] as { type?: unknown } | undefined;
  const forced = choice?.type === "any" || choice?.type === "tool";
  return {
    ...body,
    messages: Array.isArray(body["messages"]) ? body["messages"].map(anthropicMessage) : undefined,
    response_format: schemaFormat(objectMember(objectMember(body, "output_config"), "format")["schema"]),
    tools: listOf(body["tools"]).map(({ name, input_schema }) => functionTool(name, input_schema)),
    tool_choice: forced ? "required" : undefined,
    user: (body["metadata"] as { user_id?: unknown } | undefined)?.user_id,
  };
}

/** Results of tools come in a user's message. */
function anthropicMessage(message: unknown): unknown {
  if (!isObject(message)) return message;
  const holdsResults = listOf(message["content"]).some(({ type }) => type === "tool_result");
  return holdsResults ? { ...message, role: "tool" } : message;
}

function google(body: JsonObject, address: string): JsonObject {
  const [model = "", method = ""] = address.split(/:(?=[^:]*$)/);
  const config = (body["toolConfig"] as { functionCallingConfig?: { mode?: unknown } } | undefined)
    ?.functionCallingConfig;
  const generation = objectMember(body, "generationConfig");
  const declared = listOf(body["tools"]).flatMap(({ functionDeclarations }) => listOf(functionDeclarations));
  return {
    model,
    messages: listOf(body["contents"]).map(googleMessage),
    response_format: schemaFormat(generation["responseSchema"] ?? generation["responseJsonSchema"]),
    stream: method === "streamGenerateContent",
    stream_options: { include_usage: true },
    tools: declared.map(({ name, parameters }) => functionTool(name, parameters)),
    tool_choice: config?.mode === "ANY" ? "required" : undefined,
    max_tokens: generation["maxOutputTokens"],
  };
}

/** Parts of text become the text; other ones stay as they are, images and results of tools among them. */
function googleMessage({ role, parts }: JsonObject): JsonObject {
  const list = listOf(parts);
  if (list.every(({ text }) => typeof text === "string"))
    return { role, content: list.map(({ text }) => text).join("") };
  return { role: list.some((part) => "functionResponse" in part) ? "tool" : role, content: list };
}

function schemaFormat(schema: unknown): JsonObject | undefined {
  return schema === undefined ? undefined : { type: "json_schema", json_schema: { schema } };
}

function functionTool(name: unknown, parameters: unknown): JsonObject {
  return { type: "function", function: { name, parameters } };
}

export function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value : [];
}
