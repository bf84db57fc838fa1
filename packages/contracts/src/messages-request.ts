import { z } from "zod";

/**
 * Anthropic's Messages request, as far as a translation to another wire reads it. Objects are open: a field that is not
 * listed is judged by the translation. Source: Anthropic API reference, "Messages".
 */

const textBlock = z.looseObject({ type: z.literal("text"), text: z.string() });

const imageSource = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("base64"), media_type: z.string().min(1), data: z.string().min(1) }),
  z.looseObject({ type: z.literal("url"), url: z.string().min(1) }),
  z.looseObject({ type: z.literal("file"), file_id: z.string() }),
]);
const imageBlock = z.looseObject({ type: z.literal("image"), source: imageSource });
export type ImageBlock = z.infer<typeof imageBlock>;

/** Blocks whose place is known, and which no translation carries. */
const otherTypes = [
  "document",
  "search_result",
  "container_upload",
  "server_tool_use",
  "web_search_tool_result",
  "web_fetch_tool_result",
  "code_execution_tool_result",
  "bash_code_execution_tool_result",
  "text_editor_code_execution_tool_result",
  "tool_search_tool_result",
  "tool_reference",
  "mcp_tool_use",
  "mcp_tool_result",
  "compaction",
] as const;
const otherBlock = z.looseObject({ type: z.enum(otherTypes) });

const resultContentSchema = z.union([
  z.string(),
  z.array(z.discriminatedUnion("type", [textBlock, imageBlock, otherBlock])),
]);
export type ResultContent = z.infer<typeof resultContentSchema>;

const toolResultBlock = z.looseObject({
  type: z.literal("tool_result"),
  tool_use_id: z.string().min(1),
  content: resultContentSchema.nullish(),
  is_error: z.boolean().nullish(),
});
export type ToolResultBlock = z.infer<typeof toolResultBlock>;

const toolUseBlock = z.looseObject({
  type: z.literal("tool_use"),
  id: z.string().min(1),
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
});

const thinkingBlock = z.looseObject({
  type: z.literal("thinking"),
  thinking: z.string(),
  signature: z.string().nullish(),
});

const blockSchema = z.discriminatedUnion("type", [
  textBlock,
  imageBlock,
  toolResultBlock,
  toolUseBlock,
  thinkingBlock,
  z.looseObject({ type: z.literal("redacted_thinking") }),
  otherBlock,
]);
export type MessageBlock = z.infer<typeof blockSchema>;

const messageSchema = z.looseObject({
  role: z.enum(["user", "assistant", "system"]),
  content: z.union([z.string(), z.array(blockSchema)]),
});
export type Message = z.infer<typeof messageSchema>;

const jsonSchema = z.record(z.string(), z.unknown());

const toolSchema = z.looseObject({
  type: z.string().nullish(),
  name: z.string().min(1),
  description: z.string().nullish(),
  input_schema: jsonSchema.nullish(),
  strict: z.boolean().nullish(),
});
export type MessagesTool = z.infer<typeof toolSchema>;

const formatSchema = z.looseObject({ type: z.literal("json_schema"), schema: jsonSchema });

export const messagesRequestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  max_tokens: z.int().positive(),
  system: z.union([z.string(), z.array(textBlock)]).nullish(),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  tools: z.array(toolSchema).nullish(),
  tool_choice: z
    .looseObject({
      type: z.enum(["auto", "any", "tool", "none"]),
      name: z.string().min(1).nullish(),
      disable_parallel_tool_use: z.boolean().nullish(),
    })
    .nullish(),
  thinking: z
    .looseObject({
      type: z.enum(["enabled", "adaptive", "disabled"]),
      budget_tokens: z.int().positive().nullish(),
    })
    .nullish(),
  output_config: z
    .looseObject({
      effort: z.enum(["low", "medium", "high", "xhigh", "max"]).nullish(),
      format: formatSchema.nullish(),
    })
    .nullish(),
  output_format: formatSchema.nullish(),
  context_management: z
    .looseObject({ edits: z.array(z.looseObject({ type: z.string() })).nullish() })
    .nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
  service_tier: z.enum(["auto", "standard_only"]).nullish(),
});
export type MessagesRequest = z.infer<typeof messagesRequestSchema>;
