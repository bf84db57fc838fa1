import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Operation } from "@perpetuo/gateway/adapter";
import { metricsContentType } from "@perpetuo/runtime/metrics";
import type { Exchange, Header } from "./exchange.ts";
import { handleRequest, type RequestDeps } from "./handle-request.ts";
import { modelEntry, modelList } from "./models-endpoint.ts";
import { accept } from "./phases/1-accept.ts";
import { authenticate } from "./phases/2-authenticate.ts";
import type { Readiness } from "./readiness.ts";
import { sendRefusal } from "./refusal.ts";
import { overheadTiming } from "./server-timing.ts";

export type RouteDeps = {
  request: RequestDeps;
  readiness: () => Readiness;
  /** Prometheus text over all threads; null when metrics have a port of their own. */
  metrics: (() => Promise<string>) | null;
};

/** Where each operation is asked for. */
const operations = new Map<string, Operation>([
  ["/v1/chat/completions", "chat-completions"],
  ["/v1/completions", "completions"],
  ["/v1/embeddings", "embeddings"],
]);

const served = [
  ...[...operations.keys()].map((path) => `POST ${path}`),
  "GET /v1/models",
  "GET /v1/models/{id}",
  "GET /health",
  "GET /ready",
];

/** Sends each request to what answers it. Never throws; what fails unexpectedly is a 500. */
export function route(exchange: Exchange, deps: RouteDeps): void {
  const operation = operations.get(exchange.head.path);
  const handled = operation === undefined ? other(exchange, deps) : perform(operation, exchange, deps);
  handled.catch((error: unknown) => refuse(exchange, error, deps));
}

function perform(operation: Operation, exchange: Exchange, deps: RouteDeps): Promise<void> {
  if (exchange.head.method !== "POST") return Promise.reject(new PerpetuoError("method_not_allowed"));
  return handleRequest(exchange, operation, deps.request);
}

async function other(exchange: Exchange, deps: RouteDeps): Promise<void> {
  const { path, method } = exchange.head;
  const known = path === "/v1/models" || path.startsWith("/v1/models/") || operational.has(path);
  if (!known) throw new PerpetuoError("not_found", { message: notFoundMessage(method, path) });
  if (method !== "GET" && method !== "HEAD") throw new PerpetuoError("method_not_allowed");
  if (path === "/health") return answerJson(exchange, deps, { status: "ok" });
  if (path === "/ready") return answerReadiness(exchange, deps);
  if (path === "/metrics") return answerMetrics(exchange, deps);
  accept(exchange.head, deps.request);
  const principal = await authenticate(exchange.head, deps.request);
  const id = path.slice("/v1/models/".length);
  return answerJson(exchange, deps, id === "" ? modelList(principal) : modelEntry(principal, decodeName(id)));
}

const operational = new Set(["/health", "/ready", "/metrics"]);

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw new PerpetuoError("invalid_request", {
      cause,
      message: "The model's name is not well encoded.",
      param: "model",
    });
  }
}

function notFoundMessage(method: string, path: string): string {
  return `${method} ${path.slice(0, 200)} does not exist. This gateway serves ${served.join(", ")}.`;
}

function answerReadiness(exchange: Exchange, deps: RouteDeps): void {
  const readiness = deps.readiness();
  if (readiness.kind === "ready") {
    answerJson(exchange, deps, { status: "ready" });
    return;
  }
  const headers: Header[] = [["content-type", "application/json"], ...ownHeaders(exchange, deps)];
  const body = JSON.stringify({ status: "not ready", reason: readiness.reason });
  exchange.respond({ status: 503, headers, closeConnection: false }, body);
}

async function answerMetrics(exchange: Exchange, deps: RouteDeps): Promise<void> {
  if (deps.metrics === null)
    throw new PerpetuoError("not_found", { message: "Metrics are served on METRICS_PORT." });
  const text = await deps.metrics();
  const headers: Header[] = [["content-type", metricsContentType], ...ownHeaders(exchange, deps)];
  exchange.respond({ status: 200, headers, closeConnection: false }, text);
}

function answerJson(exchange: Exchange, deps: RouteDeps, body: unknown): void {
  const headers: Header[] = [["content-type", "application/json"], ...ownHeaders(exchange, deps)];
  exchange.respond({ status: 200, headers, closeConnection: false }, JSON.stringify(body));
}

/** What stands on every answer that calls nobody. */
function ownHeaders(exchange: Exchange, { request }: RouteDeps): Header[] {
  return [
    ["x-request-id", exchange.requestId],
    ["server-timing", overheadTiming(request.now() - exchange.acceptedAt)],
  ];
}

function refuse(exchange: Exchange, error: unknown, deps: RouteDeps): void {
  const { request } = deps;
  if (!(error instanceof PerpetuoError)) request.logFailure(exchange, error);
  const shown =
    error instanceof PerpetuoError ? error : new PerpetuoError("internal_error", { cause: error });
  sendRefusal(exchange, shown, [...ownHeaders(exchange, deps), ...request.debugHeaders]);
}
