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
      done(null, JSON.parse(String(body)));
    } catch (cause) {
      done(new PerpetuoError("invalid_json", { cause }));
    }
  });
}

/** As `acceptJsonOnly`, but hands the text on: tRPC parses it itself. */
export function acceptJsonTextOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
}
