import type { FastifyReply, FastifyRequest } from "fastify";
import {
  type ControlServices,
  createRequestContext,
  type RequestContext,
  readCredential,
} from "../context.ts";
import { checkOrigin } from "./origin-check.ts";

/** Makes the function that gathers what procedures may know of an HTTP request. */
export function createContextFactory(
  services: ControlServices,
  settings: { publicUrl: string; consoleOrigin: string | null },
): (request: FastifyRequest, reply: FastifyReply) => RequestContext {
  const allowedOrigins = new Set([new URL(settings.publicUrl).origin]);
  if (settings.consoleOrigin !== null) allowedOrigins.add(settings.consoleOrigin);
  return (request, reply) => {
    const { headers } = request;
    let named: string | null = null;
    const credential = readCredential(headers, services.sessions);
    return createRequestContext({
      services,
      credential,
      request_id: request.id,
      ip: request.ip,
      user_agent: headers["user-agent"] ?? null,
      origin: checkOrigin({
        method: request.method,
        credential: credential.kind,
        fetchSite: firstOf(headers["sec-fetch-site"]),
        origin: headers.origin,
        allowedOrigins,
      }),
      setCookie: (value) => {
        void reply.header("set-cookie", value);
      },
      nameWorkspace: (workspace_id) => {
        // The calls of a batch are mostly about the same workspace, and a line should name it once.
        if (named === workspace_id) return;
        named = workspace_id;
        request.log = request.log.child({ workspace_id });
      },
    });
  };
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
