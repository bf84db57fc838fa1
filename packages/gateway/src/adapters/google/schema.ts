import { unsupported } from "../../chat/read-chat-request.ts";

type Schema = Record<string, unknown>;

/** What the provider's schema, a subset of OpenAPI 3.0's, knows. Source: Gemini API reference, `Schema`. */
const known = new Set([
  "type",
  "format",
  "title",
  "description",
  "nullable",
  "enum",
  "items",
  "minItems",
  "maxItems",
  "properties",
  "required",
  "minProperties",
  "maxProperties",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "anyOf",
  "propertyOrdering",
  "default",
  "example",
]);
const deepest = 32;

/**
 * Rewrites a JSON Schema for the provider: references are put in place, a list of types becomes `nullable` or `anyOf`, a constant
 * becomes an enumeration, and keywords that only narrow what is valid are left out. Null for an object without properties,
 * which the provider refuses. @throws {PerpetuoError} `unsupported_value` for a schema that refers to itself; `where` names it.
 */
export function toProviderSchema(schema: Schema, where: string): Schema | null {
  const root = new Rewriter(schema, where).rewrite(schema, 0);
  const properties = root["properties"];
  const isEmptyObject =
    root["type"] === "object" && (properties === undefined || Object.keys(properties as object).length === 0);
  return isEmptyObject ? null : root;
}

class Rewriter {
  private readonly root: Schema;
  private readonly where: string;

  constructor(root: Schema, where: string) {
    this.root = root;
    this.where = where;
  }

  rewrite(schema: Schema, depth: number): Schema {
    if (depth > deepest) throw unsupported(this.where, "its schema is nested too deeply or refers to itself");
    const reference = schema["$ref"];
    if (typeof reference === "string") {
      return this.rewrite({ ...this.resolve(reference), ...without(schema, "$ref") }, depth + 1);
    }
    const rewritten: Schema = {};
    for (const [key, value] of Object.entries(withPlainTypes(schema))) {
      if (known.has(key)) rewritten[key] = this.rewriteValue(key, value, depth + 1);
    }
    return withTextEnum(rewritten);
  }

  private rewriteValue(key: string, value: unknown, depth: number): unknown {
    if (key === "items" && isSchema(value)) return this.rewrite(value, depth);
    if (key === "anyOf" && Array.isArray(value)) {
      return value.filter(isSchema).map((option) => this.rewrite(option, depth));
    }
    if (key === "properties" && isSchema(value)) {
      const entries = Object.entries(value).filter((entry): entry is [string, Schema] => isSchema(entry[1]));
      return Object.fromEntries(entries.map(([name, property]) => [name, this.rewrite(property, depth)]));
    }
    return value;
  }

  /** `#/$defs/Name` and the like. */
  private resolve(reference: string): Schema {
    let at: unknown = this.root;
    for (const step of reference.replace(/^#\/?/, "").split("/")) {
      if (step === "") continue;
      const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
      at = isSchema(at) && Object.hasOwn(at, name) ? at[name] : undefined;
    }
    if (!isSchema(at) || !reference.startsWith("#")) {
      throw unsupported(this.where, `its schema refers to '${reference.slice(0, 100)}', which is not in it`);
    }
    return at;
  }
}

/** `oneOf` is told as `anyOf`, a list of types as one type that may be null, or as one option for each. */
function withPlainTypes(schema: Schema): Schema {
  const { type, oneOf, const: constant, ...rest } = schema;
  const plain: Schema = { ...rest };
  if (Array.isArray(oneOf) && plain["anyOf"] === undefined) plain["anyOf"] = oneOf;
  if (constant !== undefined && plain["enum"] === undefined) plain["enum"] = [constant];
  if (!Array.isArray(type)) return type === undefined ? plain : { ...plain, type };
  const types = type.filter((name) => name !== "null");
  if (types.length < type.length) plain["nullable"] = true;
  if (types.length === 1) return { ...plain, type: types[0] };
  return { ...plain, anyOf: types.map((name) => ({ type: name })) };
}

/** Enumerations are texts there, whatever they were. */
function withTextEnum(schema: Schema): Schema {
  const values = schema["enum"];
  if (!Array.isArray(values)) return schema;
  const texts = values.filter((value) => value !== null).map(String);
  const nullable = texts.length < values.length ? { nullable: true } : {};
  return { ...schema, ...nullable, type: "string", format: "enum", enum: texts };
}

function without(schema: Schema, key: string): Schema {
  const { [key]: _left, ...rest } = schema;
  return rest;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
