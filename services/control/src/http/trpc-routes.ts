import { fastifyRequestHandler } from "@trpc/server/adapters/fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { RequestContext } from "../context.ts";
import { noteRequestId, rpcCodeOf, toPerpetuoError, toPublicError } from "../errors.ts";
import { appRouter } from "../router.ts";
import { reportFailure } from "./failure-handlers.ts";
import { acceptJsonTextOnly } from "./json-body.ts";
import { cutStalledReader } from "./stalled-reader.ts";

/** Calls in one HTTP request; a page of the console makes fewer than ten. */
const maxBatchSize = 20;
/** Serves the router under `/trpc`: queries by GET, mutations by POST with a JSON body, and nothing else. */
export async function serveTrpc(
  server: FastifyInstance,
  contextOf: (request: FastifyRequest, reply: FastifyReply) => RequestContext,
): Promise<void> {
  acceptJsonTextOnly(server);
  server.setErrorHandler((thrown, request, reply) => {
    const error = toPerpetuoError(thrown);
    reportFailure(request.log, error);
    const { message, ...rest } = toPublicError(error, request.id);
    const { status } = error.definition;
    const code = rpcCodeOf(error);
    return reply
      .code(status)
      .send({ error: { code, message, data: { ...rest, path: null, httpStatus: status } } });
  });
  server.route<{ Params: { path: string } }>({
    method: ["GET", "POST"],
    url: "/trpc/:path",
    exposeHeadRoute: false,
    handler: (request, reply) => {
      cutStalledReader(reply);
      return fastifyRequestHandler({
        router: appRouter,
        req: request,
        res: reply,
        path: request.params.path,
        maxBatchSize,
        createContext: () => contextOf(request, reply),
        onError: ({ error }) => {
          noteRequestId(error, request.id);
          reportFailure(request.log, toPerpetuoError(error));
        },
        responseMeta: ({ errors }) => ({ headers: headersFor(errors) }),
      });
    },
  });
}

function headersFor(errors: readonly unknown[]): Record<string, string> {
  const waits = errors.flatMap((error) => toPerpetuoError(error).retryAfterSeconds ?? []);
  const headers = { "cache-control": "no-store", vary: "origin" };
  return waits.length === 0 ? headers : { ...headers, "retry-after": String(Math.max(...waits)) };
}
