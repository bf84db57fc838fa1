import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { RequestContext } from "../context.ts";
import { createCallerFactory } from "../procedures/base.ts";
import { appRouter } from "../router.ts";
import { coerceTexts } from "./coerce.ts";
import { success } from "./envelope.ts";
import { type JsonSchema, schemasOf } from "./procedure-schemas.ts";
import { type RestRoute, restRoutes } from "./routes.ts";
import { sendStream } from "./streamed-answer.ts";

const createCaller = createCallerFactory(appRouter);

/** A caller's routers as plain data: `caller.providers.add(input)` without the types, which the table has checked. */
type UntypedCaller = Record<string, Record<string, (input: unknown) => Promise<unknown>>>;

/**
 * Serves every row of the table: gathers the input from path, query and body, and calls the procedure, which parses
 * it with its own schema. There is no second implementation and no second validation.
 */
export function bindRestRoutes(
  server: FastifyInstance,
  contextOf: (request: FastifyRequest, reply: FastifyReply) => RequestContext,
): void {
  for (const route of restRoutes) {
    const { input: inputSchema, output } = schemasOf(route.procedure);
    const columns = Object.keys(output.properties ?? {});
    const [routerName = "", procedureName = ""] = route.procedure.split(".");
    server.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ":$1"),
      // A GET that is also a HEAD would answer for two rows of the table.
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const left = new AbortController();
        reply.raw.once("close", () => left.abort());
        const context = contextOf(request, reply);
        const caller = createCaller(context, { signal: left.signal }) as unknown as UntypedCaller;
        const call = (input: unknown) => caller[routerName]?.[procedureName]?.(input);
        const input = gatherInput(request, { route, inputSchema });
        if (route.answer !== undefined) {
          return sendStream(reply, { answer: route.answer, columns, input: toRecord(input), call });
        }
        const data = await call(input);
        return reply.code(route.status).header("cache-control", "no-store").send(success(data));
      },
    });
  }
}

/**
 * One object of the path's fields and those of the query (GET, DELETE) or the body (POST, PUT).
 * @throws {PerpetuoError} `invalid_request` for a body that is no object, or repeats a field of the path.
 */
function gatherInput(
  request: FastifyRequest,
  { route, inputSchema }: { route: RestRoute; inputSchema: JsonSchema | null },
): unknown {
  const fromPath = Object.entries(coerceTexts(toRecord(request.params), inputSchema));
  const readsBody = route.method === "POST" || route.method === "PUT";
  const rest = readsBody ? bodyOf(request.body) : coerceTexts(toRecord(request.query), inputSchema);
  for (const [name] of fromPath) {
    if (Object.hasOwn(rest, name)) {
      throw new PerpetuoError("invalid_request", {
        message: `${name}: is given by the path and must not be repeated.`,
        param: name,
      });
    }
  }
  const fields = [...fromPath, ...Object.entries(rest)];
  if (inputSchema === null) {
    const [extra] = fields;
    if (extra === undefined) return undefined;
    throw new PerpetuoError("invalid_request", { message: `${extra[0]}: There is no such field.` });
  }
  return Object.fromEntries(fields);
}

function bodyOf(body: unknown): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  if (typeof body === "object" && !Array.isArray(body)) return toRecord(body);
  throw new PerpetuoError("invalid_request", { message: "The body must be a JSON object." });
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
