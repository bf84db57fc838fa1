import type { JsonSchema } from "./procedure-schemas.ts";

/**
 * Turns the strings of a path or a query into the types that the schema asks for. Only a text that is exactly a number or
 * exactly `true` or `false` is turned; anything else stays a string, which the procedure's schema then refuses.
 * `Boolean("false")` and `Number("")` are the mistakes that this avoids.
 */
export function coerceTexts(
  texts: Readonly<Record<string, unknown>>,
  schema: JsonSchema | null,
): Record<string, unknown> {
  const properties = schema?.properties ?? {};
  return Object.fromEntries(
    Object.entries(texts).map(([name, value]) => [
      name,
      Object.hasOwn(properties, name) ? coerceValue(value, properties[name] ?? {}) : value,
    ]),
  );
}

function coerceValue(value: unknown, schema: JsonSchema): unknown {
  const types = typesOf(schema);
  if (types.has("array")) {
    const values = Array.isArray(value) ? value : [value];
    return values.map((item) => coerceValue(item, schema.items ?? {}));
  }
  if (typeof value !== "string") return value;
  if ((types.has("number") || types.has("integer")) && /^-?\d{1,15}(\.\d{1,15})?$/.test(value))
    return Number(value);
  if (types.has("boolean") && (value === "true" || value === "false")) return value === "true";
  return value;
}

function typesOf(schema: JsonSchema): Set<string> {
  const alternatives = schema.anyOf ?? [schema];
  return new Set(alternatives.flatMap(({ type }) => type ?? []));
}
