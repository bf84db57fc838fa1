import { createServer, type Server, type ServerResponse } from "node:http";
import { metricsContentType } from "@perpetuo/runtime/metrics";
import type { Readiness } from "./readiness.ts";

export type MetricsServerOptions = {
  host: string;
  port: number;
  text: () => Promise<string>;
  readiness: () => Readiness;
  onError: (error: Error) => void;
};

/**
 * Serves metrics, health and readiness on a port of their own, which two generations share while one replaces the other. The
 * process's main thread answers here, also while a thread is blocked.
 */
export function serveMetrics({ host, port, text, readiness, onError }: MetricsServerOptions): Server {
  const server = createServer((request, response) => {
    const path = request.method === "GET" || request.method === "HEAD" ? request.url : null;
    if (path === "/metrics") {
      void text().then((body) => response.writeHead(200, { "content-type": metricsContentType }).end(body));
    } else if (path === "/health") answer(response, 200, { status: "ok" });
    else if (path === "/ready") answerReadiness(response, readiness());
    else response.writeHead(404).end();
  });
  server.on("error", onError);
  return server.listen({ host, port, reusePort: process.platform === "linux" });
}

function answerReadiness(response: ServerResponse, readiness: Readiness): void {
  if (readiness.kind === "ready") answer(response, 200, { status: "ready" });
  else answer(response, 503, { status: "not ready", reason: readiness.reason });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
