import type { FastifyInstance } from "fastify";

const allowedMethods = "GET, POST, PUT, DELETE";
const allowedHeaders = "authorization, content-type, idempotency-key, last-event-id, x-request-id";
const exposedHeaders = "content-disposition, retry-after, x-request-id";
/** Browsers keep a preflight's answer for so many seconds; Chromium for two hours at most. */
const preflightSeconds = 7_200;

/**
 * Lets pages of one other origin call with a bearer token, subscriptions and downloads included. Cookies stay where they
 * are: without `access-control-allow-credentials` a browser hands no such answer over.
 */
export function allowConsoleOrigin(server: FastifyInstance, consoleOrigin: string | null): void {
  if (consoleOrigin === null) return;
  server.addHook("onRequest", async (request, reply) => {
    // Caches must not hand one origin's answer to another. tRPC sets this header itself, see trpc-routes.ts.
    void reply.header("vary", "origin");
    if (request.headers.origin !== consoleOrigin) return;
    void reply
      .header("access-control-allow-origin", consoleOrigin)
      .header("access-control-expose-headers", exposedHeaders);
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined)
      return;
    await reply
      .code(204)
      .header("access-control-allow-methods", allowedMethods)
      .header("access-control-allow-headers", allowedHeaders)
      .header("access-control-max-age", preflightSeconds)
      .send();
  });
}
