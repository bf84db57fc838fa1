import {
  type MessagesRequest,
  type MessagesTool,
  messagesRequestSchema,
} from "@perpetuo/contracts/messages-request";
import type { ModelCall } from "../adapter.ts";
import { unsupported } from "../chat/read-chat-request.ts";
import { parseRequest } from "../parse-request.ts";
import { refuseOthers } from "./refusals.ts";
import { isStrictSchema } from "./strict-schema.ts";
import { toChatMessages } from "./to-chat-messages.ts";

/** The name that the target's provider has for the limit of the output; OpenAI's newer models refuse the older one. */
export type LimitName = "max_tokens" | "max_completion_tokens";

/** Fields that are translated below, or that ask nothing of the answer. */
const known = Object.keys(messagesRequestSchema.shape);

/** OpenAI takes no longer one; the log has it all the same. */
const longestUser = 64;

/** The body of a chat completion that asks the same; `origins` as in the conversation. */
export type ChatBody = { body: Buffer; origins: (number | null)[] };

/**
 * Writes a Messages request as a chat completion, which every adapter can carry on from there.
 * @throws {PerpetuoError} `invalid_request` and `unsupported_value`, naming the field in Anthropic's words.
 */
export function toChatRequest(call: ModelCall, limitName: LimitName): ChatBody {
  const request = parseRequest<MessagesRequest>(messagesRequestSchema, call.body);
  refuseOthers(request, known, "");
  refuseEdits(request);
  const { messages, origins } = toChatMessages(request);
  const { model, temperature, top_p, top_k, stop_sequences: stops } = request;
  const chat = {
    model,
    messages,
    [limitName]: request.max_tokens,
    ...(call.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    ...(typeof temperature === "number" ? { temperature } : {}),
    ...(typeof top_p === "number" ? { top_p } : {}),
    ...(typeof top_k === "number" ? { top_k } : {}),
    ...(stops && stops.length > 0 ? { stop: stops } : {}),
    ...toolsOf(request),
    ...responseFormat(request),
    ...reasoning(request),
    ...userOf(request),
    ...(request.service_tier === "standard_only" ? { service_tier: "default" } : {}),
  };
  return { body: Buffer.from(JSON.stringify(chat)), origins };
}

/** Thought is never sent to another provider, so that clearing it asks for nothing more. */
function refuseEdits({ context_management: management }: MessagesRequest): void {
  if (!management) return;
  refuseOthers(management, ["edits"], "context_management");
  for (const [index, { type }] of (management.edits ?? []).entries()) {
    if (type.startsWith("clear_thinking_")) continue;
    throw unsupported(
      `context_management.edits[${index}]`,
      `an edit of type '${type}' has no equivalent there`,
    );
  }
}

/** Without tools there is nothing to choose. */
function toolsOf({ tools, tool_choice: choice }: MessagesRequest): object {
  if (!tools || tools.length === 0) return {};
  if (choice) refuseOthers(choice, ["type", "name", "disable_parallel_tool_use"], "tool_choice");
  return {
    tools: tools.map(toolObject),
    ...(choice ? { tool_choice: toolChoice(choice) } : {}),
    ...(choice?.disable_parallel_tool_use === true ? { parallel_tool_calls: false } : {}),
  };
}

/** How the arguments are streamed is no part of the answer. */
const toolFields = ["type", "name", "description", "input_schema", "strict", "eager_input_streaming"];

function toolObject(tool: MessagesTool, index: number): object {
  const where = `tools[${index}]`;
  if (tool.type && tool.type !== "custom")
    throw unsupported(where, `a tool of type '${tool.type}' is Anthropic's own`);
  refuseOthers(tool, toolFields, where);
  const { name, description, input_schema, strict } = tool;
  return {
    type: "function",
    function: {
      name,
      ...(typeof description === "string" ? { description } : {}),
      parameters: input_schema ?? { type: "object", properties: {} },
      ...(strict === true ? { strict } : {}),
    },
  };
}

function toolChoice({ type, name }: NonNullable<MessagesRequest["tool_choice"]>): string | object {
  if (type === "any") return "required";
  if (type !== "tool") return type;
  if (!name) throw unsupported("tool_choice.name", "it names no tool");
  return { type: "function", function: { name } };
}

function responseFormat({ output_config: config, output_format }: MessagesRequest): object {
  if (config) refuseOthers(config, ["effort", "format"], "output_config");
  const format = config?.format ?? output_format;
  if (!format) return {};
  refuseOthers(format, ["type", "schema", "name"], "output_config.format");
  const { schema } = format;
  const strict = isStrictSchema(schema) ? { strict: true } : {};
  return { response_format: { type: "json_schema", json_schema: { name: "answer", schema, ...strict } } };
}

const efforts = { low: "low", medium: "medium", high: "high", xhigh: "xhigh", max: "xhigh" } as const;

/** Bounds between the budgets that Google's documentation gives for the three efforts: 1,024, 8,192 and 24,576 tokens. */
const mediumFrom = 4_096;
const highFrom = 16_384;

/** A model that may think as it likes is asked for nothing, and neither is one that need not: that is the usual state. */
function reasoning({ thinking, output_config: config }: MessagesRequest): { reasoning_effort?: string } {
  if (thinking) refuseOthers(thinking, ["type", "budget_tokens", "display"], "thinking");
  if (config?.effort) return { reasoning_effort: efforts[config.effort] };
  const budget = thinking?.type === "enabled" ? thinking.budget_tokens : null;
  if (typeof budget !== "number") return {};
  if (budget >= highFrom) return { reasoning_effort: "high" };
  return { reasoning_effort: budget >= mediumFrom ? "medium" : "low" };
}

function userOf({ metadata }: MessagesRequest): { user?: string } {
  if (metadata) refuseOthers(metadata, ["user_id"], "metadata");
  const user = metadata?.user_id;
  return typeof user === "string" && user !== "" && user.length <= longestUser ? { user } : {};
}
