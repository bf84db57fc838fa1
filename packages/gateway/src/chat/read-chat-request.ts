import { type ChatRequest, chatRequestSchema } from "@perpetuo/contracts/chat-request";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ModelCall } from "../adapter.ts";
import { parseRequest } from "../parse-request.ts";

/** Fields that ask nothing of the answer, or that the gateway itself fulfils: no wire has to carry them. */
const ownFields = new Set(["model", "messages", "stream", "stream_options", "user", "metadata", "store"]);

/** Fields that every wire expresses in one way or another. */
export const commonFields = [
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "stop",
  "tools",
  "tool_choice",
  "response_format",
  "reasoning_effort",
] as const;

/** Values that ask for what happens anyway. */
const idleValues: Record<string, (value: unknown) => boolean> = {
  n: (value) => value === 1,
  logprobs: (value) => value === false,
  presence_penalty: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  logit_bias: (value) => typeof value === "object" && value !== null && Object.keys(value).length === 0,
  tools: (value) => Array.isArray(value) && value.length === 0,
  response_format: (value) => (value as { type?: unknown }).type === "text",
  service_tier: (value) => value === "auto",
  parallel_tool_calls: (value) => value === true,
};

/**
 * Parses the body for a translation. `carried` names the fields that the target's wire can express; any other one
 * that asks for something is refused, because an answer that ignores what was asked is a wrong answer.
 *
 * @throws {PerpetuoError} `invalid_request` for a wrong shape and `unsupported_value` for what the wire cannot carry;
 * both name the field.
 */
export function readChatRequest(call: ModelCall, carried: ReadonlySet<string>): ChatRequest {
  const request = parseRequest<ChatRequest>(chatRequestSchema, call.body);
  for (const [name, value] of Object.entries(request)) {
    if (value === null || value === undefined || ownFields.has(name) || carried.has(name)) continue;
    if (idleValues[name]?.(value) === true) continue;
    throw unsupported(name, "it has no equivalent there");
  }
  return request;
}

/** A 400 that names the field which the target's provider cannot honour. */
export function unsupported(param: string, why: string): PerpetuoError {
  return new PerpetuoError("unsupported_value", {
    message: `The target model's provider cannot honour '${param}': ${why}.`,
    param,
  });
}
