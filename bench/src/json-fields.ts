/** A JSON object, or an error that names what should have been one. */
export function parseObject(text: string, what: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${what} is not a JSON object.`);
  }
  return value as Record<string, unknown>;
}

/** The member `name`, which must be a JSON object. */
export function objectField(record: Record<string, unknown>, name: string): Record<string, unknown> {
  return parseObject(JSON.stringify(record[name] ?? null), name);
}

/** The member `name`, which must be a finite number. */
export function numberField(record: Record<string, unknown>, name: string): number {
  const value = record[name];
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Error(`${name} is not a number.`);
  return value;
}

/** The member `name`, which must be a string. */
export function textField(record: Record<string, unknown>, name: string): string {
  const value = record[name];
  if (typeof value !== "string") throw new Error(`${name} is not a string.`);
  return value;
}
