import { createServer, type Server } from "node:http";
import { metricsContentType } from "@perpetuo/runtime/metrics";

export type MetricsServerOptions = {
  host: string;
  port: number;
  text: () => Promise<string>;
  onError: (error: Error) => void;
};

/** Serves the metrics on a port of their own, which two generations share while one replaces the other. */
export function serveMetrics({ host, port, text, onError }: MetricsServerOptions): Server {
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    void text().then((body) => response.writeHead(200, { "content-type": metricsContentType }).end(body));
  });
  server.on("error", onError);
  return server.listen({ host, port, reusePort: process.platform === "linux" });
}
