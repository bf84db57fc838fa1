/**
 * Whether OpenAI would hold an answer to a schema strictly: it takes only objects that are closed and whose properties are all
 * required. Source: OpenAI documentation, "Structured model outputs".
 */
export function isStrictSchema(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return true;
  if (Array.isArray(schema)) return schema.every(isStrictSchema);
  const { properties, required, additionalProperties } = schema as Record<string, unknown>;
  if (typeof properties === "object" && properties !== null) {
    const names = Array.isArray(required) ? required : [];
    const isClosed = additionalProperties === false;
    if (!isClosed || !Object.keys(properties).every((name) => names.includes(name))) return false;
  }
  return Object.values(schema).every(isStrictSchema);
}
