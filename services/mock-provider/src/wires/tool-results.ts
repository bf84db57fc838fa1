import { isObject, objectMember } from "../request/json-object.ts";
import type { JsonObject } from "../request/parse-request.ts";
import type { WireName } from "./requests.ts";

/** The calls that a message makes and the calls whose results it brings, by id; on Google's wire by the tool's name. */
type ToolTraffic = { calls: unknown[]; results: unknown[] };

const readers: Record<WireName, (body: JsonObject) => ToolTraffic[]> = {
  openai: openAiTraffic,
  cohere: openAiTraffic,
  mistral: openAiTraffic,
  anthropic: ({ messages }) =>
    listOf(messages).map(({ content }) => ({
      calls: listOf(content).flatMap((block) => (block["type"] === "tool_use" ? [block["id"]] : [])),
      results: listOf(content).flatMap((block) =>
        block["type"] === "tool_result" ? [block["tool_use_id"]] : [],
      ),
    })),
  google: ({ contents }) =>
    listOf(contents).map(({ parts }) => ({
      calls: listOf(parts).flatMap((part) => nameIn(part, "functionCall")),
      results: listOf(parts).flatMap((part) => nameIn(part, "functionResponse")),
    })),
};

/**
 * Why the provider would refuse the results of tools in a request: one belongs to no call of the latest turn that called
 * any, or an id is not of the provider's form. Null when nothing is wrong with them.
 */
export function toolResultFault(wire: WireName, body: JsonObject): string | null {
  let called: unknown[] = [];
  for (const { calls, results } of readers[wire](body)) {
    if (calls.length > 0) called = calls;
    const stranger = results.find((result) => !called.includes(result));
    if (stranger !== undefined) return `The result of '${String(stranger)}' answers no preceding tool call.`;
    const misshapen = wire === "mistral" ? calls.find((id) => !isMistralId(id)) : undefined;
    if (misshapen !== undefined) {
      return `Tool call id was ${String(misshapen)} but must be a-z, A-Z, 0-9, with a length of 9.`;
    }
  }
  return null;
}

function openAiTraffic({ messages }: JsonObject): ToolTraffic[] {
  return listOf(messages).map(({ role, tool_calls, tool_call_id }) => ({
    calls: listOf(tool_calls).map(({ id }) => id),
    results: role === "tool" ? [tool_call_id] : [],
  }));
}

function isMistralId(id: unknown): boolean {
  return typeof id === "string" && /^[a-zA-Z0-9]{9}$/.test(id);
}

function nameIn(part: JsonObject, member: string): unknown[] {
  return member in part ? [objectMember(part, member)["name"]] : [];
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
