import { isObject, objectMember } from "../request/json-object.ts";
import type { JsonObject } from "../request/parse-request.ts";
import { tokenText } from "./tokens.ts";

/** Bytes of JSON in one streamed fragment; a fragment counts as one token. */
const fragmentLength = 6;

/** JSON text in the pieces in which it is streamed. */
export function jsonFragments(value: unknown): string[] {
  return JSON.stringify(value).match(new RegExp(`.{1,${fragmentLength}}`, "gs")) ?? [];
}

/** A value for each property of an object's schema. */
export function exampleObject(schema: JsonObject, seed: number): JsonObject {
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
      return isObject(property["items"]) ? [exampleValue(property["items"], seed)] : [];
    case "object":
      return exampleObject(property, seed);
    default:
      return tokenText({ seed, chunkBytes: null, firstToken: null, clock: null }, 0).trim();
  }
}
