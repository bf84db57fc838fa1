import type { Logger } from "@perpetuo/runtime/logger";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import type { Config } from "./config.ts";
import type { ControlServices } from "./context.ts";
import { toPerpetuoError } from "./errors.ts";
import { serveConsole } from "./http/console-files.ts";
import { allowConsoleOrigin } from "./http/cross-origin.ts";
import { answerParserError, handleFailures, sendFailure } from "./http/failure-handlers.ts";
import { polledPaths, serveHealth } from "./http/health.ts";
import { acceptJsonOnly } from "./http/json-body.ts";
import { createContextFactory } from "./http/request-context.ts";
import { requestIdOf } from "./http/request-id.ts";
import { setSecurityHeaders } from "./http/security-headers.ts";
import { serveTrpc } from "./http/trpc-routes.ts";
import { bindRestRoutes } from "./rest/binder.ts";
import { serveReference } from "./rest/reference.ts";

const bodyLimitBytes = 1024 * 1024;
/** A batch of tRPC calls names all of them in one path segment. */
const longestPathSegment = 2_000;

export type ServerSettings = Pick<
  Config,
  "publicUrl" | "consoleOrigin" | "proxyPublicUrl" | "trustedProxies" | "consoleDir"
>;

/** Builds the HTTP host: what every answer has in common first, then the surfaces. */
export async function createServer(
  services: ControlServices,
  { settings, logger }: { settings: ServerSettings; logger: Logger },
): Promise<FastifyInstance> {
  const server: FastifyInstance = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    bodyLimit: bodyLimitBytes,
    trustProxy: settings.trustedProxies.length > 0 ? settings.trustedProxies : false,
    routerOptions: { maxParamLength: longestPathSegment },
    frameworkErrors: (error, request, reply) => {
      void sendFailure(toPerpetuoError(error), request, reply);
    },
    clientErrorHandler: answerParserError,
    forceCloseConnections: "idle",
  });
  identifyAnswers(server);
  closeWithLastAnswer(server, services.stopping);
  allowConsoleOrigin(server, settings.consoleOrigin);
  handleFailures(server);
  acceptJsonOnly(server);
  await setSecurityHeaders(server, settings);

  const contextOf = createContextFactory(services, settings);
  serveHealth(server, services.readiness);
  serveReference(server, settings.publicUrl);
  await server.register(async (scope) => bindRestRoutes(scope, contextOf));
  await server.register(async (scope) => serveTrpc(scope, contextOf));
  await serveConsole(server, settings.consoleDir);
  return server;
}

/**
 * Closes a connection with the answer that was on its way when the service stopped. A stream's head has said long ago
 * that the connection stays, and an idle one would hold the stop up until its client leaves.
 */
function closeWithLastAnswer(server: FastifyInstance, stopping: AbortSignal): void {
  server.addHook("onResponse", async (request) => {
    if (stopping.aborted) request.raw.socket.destroySoon();
  });
}

/** Every answer names its request, and one log line tells how it ended. */
function identifyAnswers(server: FastifyInstance): void {
  server.addHook("onRequest", async (request, reply) => {
    void reply.header("x-request-id", request.id);
  });
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? null;
    if (route !== null && polledPaths.has(route)) return;
    request.log.info(
      {
        method: request.method,
        route,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime),
        ip: request.ip,
      },
      "A request was answered.",
    );
  });
}
