import { hash } from "node:crypto";
import type { ErrorText } from "../answer/error-answer.ts";
import { promptTokens } from "../answer/usage.ts";
import type { Behaviour } from "../behaviour/behaviour.ts";
import { GrammarError, type Parameter, parseBehaviour } from "../behaviour/parse-behaviour.ts";
import { embeddingsInOpenAiWords } from "../wires/embeddings.ts";
import { inOpenAiWords, type WireName } from "../wires/requests.ts";
import { toolResultFault } from "../wires/tool-results.ts";
import { isObject, objectMember } from "./json-object.ts";

export type JsonObject = { [name: string]: unknown };

/** What the mock answers, by path. */
export type Endpoint = "chat" | "completions" | "embeddings" | "token-count";

/** Where a call came in: what it asks for, and in whose words. `address` is what of the path belongs to the call. */
export type CallRoute = { endpoint: Endpoint; wire: WireName; address: string };

/** A call that the mock understood. */
export type MockRequest = {
  endpoint: Endpoint;
  wire: WireName;
  model: string;
  /** The request's `user`, by which a caller finds its own requests among those recorded; null when absent. */
  user: string | null;
  stream: boolean;
  includeUsage: boolean;
  /** `messages`, `prompt` or `input`, as sent. */
  input: unknown;
  tools: JsonObject[];
  toolChoice: unknown;
  /** The last message is a tool's result, after which a model goes on in words unless it is forced to call again. */
  answersTools: boolean;
  /** The schema that the answer's text is to fit; null when any text will do. */
  outputSchema: JsonObject | null;
  maximumTokens: number;
  encodingFormat: string;
  dimensions: number;
  promptTokens: number;
  behaviour: Behaviour;
  /** Hex digest of what decides the answer's content: endpoint, model, input and tools. */
  fingerprint: string;
};

export type ParsedRequest =
  | { kind: "understood"; request: MockRequest }
  | { kind: "refused"; error: ErrorText; model: string | null };

const inputMember: Record<Endpoint, string> = {
  chat: "messages",
  "token-count": "messages",
  completions: "prompt",
  embeddings: "input",
};

/** Reads a call's body as OpenAI would, and what `parameters` (the `x-mock-*` headers) and the model name ask for. */
export function parseRequest(
  { endpoint, wire, address }: CallRoute,
  call: { body: string; parameters: readonly Parameter[] },
): ParsedRequest {
  const sent = parseObject(call.body);
  if (sent === null) return refusal(null, { message: "We could not parse the JSON body of your request." });
  const words = endpoint === "embeddings" ? embeddingsInOpenAiWords : inOpenAiWords;
  const body = words[wire](sent, address);
  const model = body["model"];
  if (typeof model !== "string" || model === "") {
    return refusal(null, { message: "You must provide a model parameter.", param: "model" });
  }
  const member = inputMember[endpoint];
  if (body[member] === undefined || (endpoint === "chat" && !Array.isArray(body[member]))) {
    return refusal(model, { message: `Missing required parameter: '${member}'.`, param: member });
  }
  const fault = endpoint === "chat" ? toolResultFault(wire, sent) : null;
  if (fault !== null) return refusal(model, { message: fault, param: "messages" });
  try {
    return { kind: "understood", request: understood({ endpoint, wire, model, body }, call.parameters) };
  } catch (error) {
    if (error instanceof GrammarError) return refusal(model, { message: error.message, param: "model" });
    throw error;
  }
}

function understood(
  call: { endpoint: Endpoint; wire: WireName; model: string; body: JsonObject },
  parameters: readonly Parameter[],
): MockRequest {
  const { endpoint, wire, model, body } = call;
  const input = body[inputMember[endpoint]];
  const tools = Array.isArray(body["tools"]) ? body["tools"] : [];
  const maximum = body["max_completion_tokens"] ?? body["max_tokens"];
  const { dimensions, user } = body;
  return {
    endpoint,
    wire,
    model,
    user: typeof user === "string" ? user : null,
    stream: body["stream"] === true && endpoint !== "embeddings",
    includeUsage: wantsUsage(body["stream_options"]),
    input,
    tools,
    toolChoice: body["tool_choice"],
    answersTools: Array.isArray(input) && isObject(input.at(-1)) && input.at(-1).role === "tool",
    outputSchema: outputSchemaOf(body["response_format"]),
    maximumTokens: typeof maximum === "number" ? maximum : Number.POSITIVE_INFINITY,
    encodingFormat: body["encoding_format"] === "base64" ? "base64" : "float",
    dimensions: typeof dimensions === "number" ? dimensions : 16,
    promptTokens: promptTokens(input),
    behaviour: parseBehaviour(model, parameters),
    fingerprint: hash("sha256", JSON.stringify([endpoint, model, input, tools]), "hex"),
  };
}

function outputSchemaOf(format: unknown): JsonObject | null {
  const schema = objectMember(objectMember({ format }, "format"), "json_schema")["schema"];
  return isObject(schema) ? schema : null;
}

function wantsUsage(options: unknown): boolean {
  return (
    typeof options === "object" &&
    options !== null &&
    "include_usage" in options &&
    options.include_usage === true
  );
}

function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function refusal(model: string | null, error: { message: string; param?: string }): ParsedRequest {
  return {
    kind: "refused",
    model,
    error: { status: 400, type: "invalid_request_error", code: null, ...error },
  };
}
