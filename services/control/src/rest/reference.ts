import type { FastifyInstance } from "fastify";
import { renderDocsPage } from "./docs-page.ts";
import { buildOpenApiDocument } from "./openapi.ts";

/** Serves the OpenAPI document and the page that people read; both are made once. */
export function serveReference(server: FastifyInstance, publicUrl: string): void {
  const document = buildOpenApiDocument(publicUrl);
  const page = renderDocsPage(publicUrl);
  server.get("/openapi.json", (_request, reply) => reply.header("cache-control", "no-cache").send(document));
  server.get("/docs", (_request, reply) =>
    reply.type("text/html; charset=utf-8").header("cache-control", "no-cache").send(page),
  );
}
