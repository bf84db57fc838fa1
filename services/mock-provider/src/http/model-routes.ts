import type { HttpResponse, TemplatedApp } from "uWebSockets.js";
import { errorAnswer } from "../answer/error-answer.ts";
import { modelBody, modelsBody } from "../answer/models-answer.ts";

/** The list of models, the health check, and the answer to every path that the mock does not serve. */
export function addModelRoutes(app: TemplatedApp): void {
  const models = modelsBody();
  app.get("/v1/models", (response) => sendJson(response, 200, models));
  app.get("/v1/models/:id", (response, request) => {
    sendJson(response, 200, modelBody(decodeURIComponent(request.getParameter(0) ?? "")));
  });
  app.get("/health", (response) => sendJson(response, 200, '{"status":"ok"}'));
  app.get("/ready", (response) => sendJson(response, 200, '{"status":"ready"}'));
  app.any("/*", (response, request) => {
    const message = `Invalid URL (${request.getCaseSensitiveMethod()} ${request.getUrl()})`;
    const error = { status: 404, type: "invalid_request_error", code: "unknown_url", message };
    sendJson(response, 404, errorAnswer(error).body);
  });
}

export function sendJson(response: HttpResponse, status: 200 | 400 | 404, body: string | Buffer): void {
  const lines = { 200: "200 OK", 400: "400 Bad Request", 404: "404 Not Found" };
  response.writeStatus(lines[status]).writeHeader("content-type", "application/json").end(body);
}
