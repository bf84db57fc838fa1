import { z } from "zod";
import { appRouter } from "../router.ts";
import type { ProcedureName } from "./routes.ts";

/** A JSON Schema of draft 2020-12, which is what OpenAPI 3.1 speaks. */
export type JsonSchema = {
  /** Several when null is allowed as well. */
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  description?: string;
  additionalProperties?: boolean | JsonSchema;
  [keyword: string]: unknown;
};

/** A procedure's kind and the schemas that the procedure itself parses with, as JSON Schema. */
export type ProcedureSchemas = {
  type: "query" | "mutation" | "subscription";
  /** Null when the procedure takes no input. */
  input: JsonSchema | null;
  /** The answer, or each item of a procedure that streams. */
  output: JsonSchema;
  streams: boolean;
};

const procedures: Readonly<Record<string, unknown>> = appRouter._def.procedures;

/** What tRPC keeps of a procedure: the input parsers in the order of their addition, the strict one last. */
const definitionSchema = z.object({
  type: z.enum(["query", "mutation", "subscription"]),
  inputs: z.array(z.instanceof(z.ZodType)),
  output: z.instanceof(z.ZodType).optional(),
  meta: z.object({ streams: z.instanceof(z.ZodType).optional() }).optional(),
});

/**
 * Reads the schemas of a procedure.
 * @throws {TypeError} when there is no such procedure, or it has no output schema.
 */
export function schemasOf(name: ProcedureName): ProcedureSchemas {
  const procedure = procedures[name];
  if (typeof procedure !== "function" || !("_def" in procedure)) {
    throw new TypeError(`There is no procedure ${name}.`);
  }
  const { type, inputs, output, meta } = definitionSchema.parse(procedure._def);
  const input = inputs.at(-1);
  const answer = output ?? meta?.streams;
  if (answer === undefined) throw new TypeError(`${name} has no schema of what it answers.`);
  return {
    type,
    input: input === undefined ? null : toJsonSchema(input, "input"),
    output: toJsonSchema(answer, "output"),
    streams: output === undefined,
  };
}

/** Names of every procedure of the router. */
export function procedureNames(): string[] {
  return Object.keys(procedures);
}

function toJsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const { $schema: _dialect, ...document } = z.toJSONSchema(schema, { io, target: "draft-2020-12" });
  return document as JsonSchema;
}
