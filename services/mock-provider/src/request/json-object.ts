import type { JsonObject } from "./parse-request.ts";

/** The object that a value has as its member `name`; an empty one when there is none. */
export function objectMember(value: unknown, name: string): JsonObject {
  const member = isObject(value) ? value[name] : undefined;
  return isObject(member) ? member : {};
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
