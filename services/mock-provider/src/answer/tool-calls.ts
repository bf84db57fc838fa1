import type { JsonObject } from "../request/parse-request.ts";
import { tokenText } from "./tokens.ts";

/** Bytes of arguments in one streamed fragment; a fragment counts as one token. */
const fragmentLength = 6;

export type ToolCall = { id: string; name: string; fragments: string[] };

/** The calls that an answer makes: the request's tools in turn, with arguments made to fit their schemas. */
export function makeToolCalls(tools: JsonObject[], options: { count: number; seed: number }): ToolCall[] {
  return Array.from({ length: options.count }, (_, index) => {
    const tool = tools[index % tools.length];
    const definition = objectMember(tool, "function");
    const name = typeof definition["name"] === "string" ? definition["name"] : "unnamed";
    const text = JSON.stringify(
      exampleArguments(objectMember(definition, "parameters"), options.seed + index),
    );
    return {
      id: `call_${(options.seed + index).toString(36).padStart(8, "0")}${index}`,
      name,
      fragments: text.match(new RegExp(`.{1,${fragmentLength}}`, "gs")) ?? [],
    };
  });
}

function exampleArguments(schema: JsonObject, seed: number): JsonObject {
  const properties = Object.entries(objectMember(schema, "properties"));
  return Object.fromEntries(
    properties.map(([name, property], index) => [name, exampleValue(property, seed + index)]),
  );
}

function exampleValue(schema: unknown, seed: number): unknown {
  const property = isObject(schema) ? schema : {};
  if (Array.isArray(property["enum"])) return property["enum"][0];
  switch (property["type"]) {
    case "integer":
    case "number":
      return seed % 100;
    case "boolean":
      return true;
    case "array":
      return [];
    case "object":
      return exampleArguments(property, seed);
    default:
      return tokenText({ seed, chunkBytes: null, firstToken: null, clock: null }, 0).trim();
  }
}

function objectMember(value: unknown, name: string): JsonObject {
  const member = isObject(value) ? value[name] : undefined;
  return isObject(member) ? member : {};
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
