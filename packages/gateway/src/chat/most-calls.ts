import type { ModelCall } from "../adapter.ts";

/**
 * How many tool calls of one answer the client takes: one where it asked for no parallel ones (`parallel_tool_calls: false`,
 * in Messages `tool_choice.disable_parallel_tool_use`), else all. For wires on which a provider cannot be told.
 */
export function mostCallsOf({ operation, body, fields }: ModelCall): number {
  const span = fields.get(operation === "messages" ? "tool_choice" : "parallel_tool_calls");
  if (!span) return Number.POSITIVE_INFINITY;
  const value: unknown = JSON.parse(body.toString("utf8", span.start, span.end));
  const isOne =
    operation === "messages"
      ? (value as { disable_parallel_tool_use?: unknown } | null)?.disable_parallel_tool_use === true
      : value === false;
  return isOne ? 1 : Number.POSITIVE_INFINITY;
}
