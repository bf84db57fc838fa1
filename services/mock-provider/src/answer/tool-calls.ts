import { objectMember } from "../request/json-object.ts";
import type { JsonObject } from "../request/parse-request.ts";
import { exampleObject, jsonFragments } from "./example-value.ts";

export type ToolCall = { id: string; name: string; fragments: string[] };

/** The calls that an answer makes: the request's tools in turn, with arguments made to fit their schemas. */
export function makeToolCalls(tools: JsonObject[], options: { count: number; seed: number }): ToolCall[] {
  return Array.from({ length: options.count }, (_, index) => {
    const tool = tools[index % tools.length];
    const definition = objectMember(tool, "function");
    const name = typeof definition["name"] === "string" ? definition["name"] : "unnamed";
    const example = exampleObject(objectMember(definition, "parameters"), options.seed + index);
    return {
      id: `call_${(options.seed + index).toString(36).padStart(8, "0")}${index}`,
      name,
      fragments: jsonFragments(example),
    };
  });
}
