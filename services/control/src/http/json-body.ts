import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { FastifyInstance } from "fastify";

/**
 * Accepts JSON bodies and no others: a form or plain text, which any page on the web can send here, is 415.
 * An empty body counts as none, because many clients set the content type of a DELETE or an empty POST.
 */
export function acceptJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    if (body === "") {
      done(null, undefined);
      return;
    }
    try {
      done(null, parseJson(String(body)));
    } catch (cause) {
      done(cause instanceof PerpetuoError ? cause : new PerpetuoError("invalid_json", { cause }));
    }
  });
}

/** As `acceptJsonOnly`, but hands the text on: tRPC parses it itself, and reports what is no JSON. */
export function acceptJsonTextOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      if (mayNameProto.test(String(body))) parseJson(String(body));
      done(null, body);
    } catch (cause) {
      done(cause instanceof PerpetuoError ? cause : null, body);
    }
  });
}

/** The name in letters, or escapes that it could be written with; few bodies have any of them. */
const mayNameProto = /__proto__|\\u00/;

/**
 * Refuses the one field name that schemas drop in silence: a condition of that name would be gone from a route, which
 * then answered everything.
 */
function parseJson(text: string): unknown {
  return JSON.parse(text, mayNameProto.test(text) ? refuseProto : undefined);
}

function refuseProto(name: string, value: unknown): unknown {
  if (name !== "__proto__") return value;
  throw new PerpetuoError("invalid_request", {
    message: "__proto__: There is no such field.",
    param: "__proto__",
  });
}
