import { errorTable } from "@perpetuo/contracts/errors";
import { downloadFormats } from "./download.ts";
import { type JsonSchema, schemasOf } from "./procedure-schemas.ts";
import { type RestRoute, restRoutes } from "./routes.ts";

/** Calls that need no session; every other one does. */
const publicProcedures = new Set<string>([
  "auth.signUp",
  "auth.logIn",
  "auth.requestPasswordReset",
  "auth.resetPassword",
  "members.previewInvite",
]);

/** The OpenAPI 3.1 document of the REST API, made from the table of routes and the procedures' own schemas. */
export function buildOpenApiDocument(publicUrl: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of restRoutes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: describeOperation(route) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Perpetuo control API",
      version: "0.1.0",
      description:
        "Workspaces, provider keys, API keys, request logs, usage and prices of a Perpetuo installation.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      securitySchemes: {
        session: { type: "http", scheme: "bearer", description: "The token that sign-up or log-in answers." },
      },
      responses: { Error: describeError() },
    },
  };
}

function describeOperation(route: RestRoute): Record<string, unknown> {
  const { input, output } = schemasOf(route.procedure);
  const pathFields = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const { inPath, rest } = splitFields(input, new Set(pathFields));
  const readsBody = route.method === "POST" || route.method === "PUT";
  return {
    operationId: route.procedure,
    tags: [route.procedure.split(".")[0]],
    summary: route.summary,
    security: publicProcedures.has(route.procedure) ? [] : [{ session: [] }],
    parameters: [
      ...inPath.map(([name, schema]) => ({ name, in: "path", required: true, schema })),
      ...(readsBody ? [] : queryParameters(rest)),
      ...(route.answer?.kind === "download" ? [formatParameter] : []),
    ],
    ...(readsBody && Object.keys(rest.properties ?? {}).length > 0
      ? {
          requestBody: {
            required: (rest.required ?? []).length > 0,
            content: { "application/json": { schema: rest } },
          },
        }
      : {}),
    responses: {
      [route.status]: {
        description: "Success",
        content: contentOf(route, output),
      },
      default: { $ref: "#/components/responses/Error" },
    },
  };
}

/** Parts an input's fields into those of the path and an object of the others. */
function splitFields(
  input: JsonSchema | null,
  pathFields: ReadonlySet<string>,
): { inPath: [string, JsonSchema][]; rest: JsonSchema } {
  const fields = Object.entries(input?.properties ?? {});
  return {
    inPath: fields.filter(([name]) => pathFields.has(name)),
    rest: {
      type: "object",
      properties: Object.fromEntries(fields.filter(([name]) => !pathFields.has(name))),
      required: (input?.required ?? []).filter((name) => !pathFields.has(name)),
      additionalProperties: false,
    },
  };
}

function queryParameters(schema: JsonSchema): Record<string, unknown>[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    in: "query",
    required: schema.required?.includes(name) === true,
    schema: field,
  }));
}

const formatParameter = {
  name: "format",
  in: "query",
  required: false,
  schema: { type: "string", enum: [...downloadFormats], default: "csv" },
};

/** What streams has its items as they are, without the envelope. */
function contentOf(route: RestRoute, output: JsonSchema): Record<string, { schema: JsonSchema }> {
  if (route.answer === undefined) return { "application/json": { schema: envelopeOf(output) } };
  if (route.answer.kind === "events") return { "text/event-stream": { schema: output } };
  return {
    "text/csv": { schema: { type: "string" } },
    "application/json": { schema: { type: "array", items: output } },
  };
}

function envelopeOf(data: JsonSchema): JsonSchema {
  return {
    type: "object",
    properties: { success: { const: true }, data },
    required: ["success", "data"],
    additionalProperties: false,
  };
}

function describeError(): Record<string, unknown> {
  const error: JsonSchema = {
    type: "object",
    properties: {
      code: { type: "string", enum: Object.keys(errorTable) },
      message: { type: "string" },
      details: { description: "Machine-readable particulars, such as the failing fields." },
      request_id: { type: "string" },
    },
    required: ["code", "message", "request_id"],
    additionalProperties: false,
  };
  const schema: JsonSchema = {
    type: "object",
    properties: { success: { const: false }, error },
    required: ["success", "error"],
    additionalProperties: false,
  };
  return { description: "Failure", content: { "application/json": { schema } } };
}
