import { PerpetuoError } from "@perpetuo/contracts/errors";
import { metricsContentType } from "@perpetuo/runtime/metrics";
import { anthropicDialect } from "./dialects/anthropic.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { openAiDialect } from "./dialects/openai.ts";
import type { Exchange, Header, RequestHead } from "./exchange.ts";
import { handleRequest, type Inbound, type RequestDeps } from "./handle-request.ts";
import type { Principal } from "./key-cache.ts";
import { listedModel, listedModels } from "./models-endpoint.ts";
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

/** What each path asks for. */
const inbound = new Map<string, Inbound>([
  ["/v1/chat/completions", { operation: "chat-completions", dialect: openAiDialect }],
  ["/v1/completions", { operation: "completions", dialect: openAiDialect }],
  ["/v1/embeddings", { operation: "embeddings", dialect: openAiDialect }],
  ["/v1/messages", { operation: "messages", dialect: anthropicDialect }],
  ["/v1/messages/count_tokens", { operation: "count-tokens", dialect: anthropicDialect }],
]);

const served = [
  ...[...inbound.keys()].map((path) => `POST ${path}`),
  "GET /v1/models",
  "GET /v1/models/{id}",
  "GET /health",
  "GET /ready",
];

/** Sends each request to what answers it. Never throws; what fails unexpectedly is a 500. */
export function route(exchange: Exchange, deps: RouteDeps): void {
  const found = inbound.get(exchange.head.path);
  const handled = found === undefined ? other(exchange, deps) : call(exchange, found, deps);
  handled.catch((error: unknown) => refuse(exchange, error, deps));
}

function call(exchange: Exchange, found: Inbound, deps: RouteDeps): Promise<void> {
  if (exchange.head.method !== "POST") return Promise.reject(new PerpetuoError("method_not_allowed"));
  return handleRequest(exchange, found, deps.request);
}

/** Whose words a client of this path expects; the model list is in both, and the header of the version tells. */
function dialectOf({ path, vendorHeaders }: RequestHead): Dialect {
  const known = inbound.get(path);
  if (known !== undefined) return known.dialect;
  const isAnthropic =
    path.startsWith("/v1/messages") ||
    path === helloPath ||
    (vendorHeaders?.some(([name]) => name === "anthropic-version") ?? false);
  return isAnthropic ? anthropicDialect : openAiDialect;
}

async function other(exchange: Exchange, deps: RouteDeps): Promise<void> {
  const { path, method } = exchange.head;
  const known = path === "/v1/models" || path.startsWith("/v1/models/") || operational.has(path);
  if (!known) throw new PerpetuoError("not_found", { message: notFoundMessage(method, path) });
  if (method !== "GET" && method !== "HEAD") throw new PerpetuoError("method_not_allowed");
  if (path === "/health" || path === helloPath) return answerJson(exchange, deps, { status: "ok" });
  if (path === "/ready") return answerReadiness(exchange, deps);
  if (path === "/metrics") return answerMetrics(exchange, deps);
  accept(exchange.head, deps.request);
  return answerModels(exchange, await authenticate(exchange.head, deps.request), deps);
}

/** Where Anthropic's clients look whether anybody is there. */
const helloPath = "/api/hello";
const operational = new Set(["/health", "/ready", "/metrics", helloPath]);

function answerModels(exchange: Exchange, principal: Principal, deps: RouteDeps): void {
  const { path, query } = exchange.head;
  const dialect = dialectOf(exchange.head);
  const id = path.slice("/v1/models/".length);
  const answer =
    id === ""
      ? dialect.modelList(listedModels(principal), query)
      : dialect.modelEntry(listedModel(principal, decodeName(id)));
  answerJson(exchange, deps, answer);
}

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
  const { requestIdHeader } = dialectOf(exchange.head);
  return [
    ["x-request-id", exchange.requestId],
    ...(requestIdHeader === null ? [] : ([[requestIdHeader, exchange.requestId]] satisfies Header[])),
    ["server-timing", overheadTiming(request.now() - exchange.acceptedAt)],
  ];
}

function refuse(exchange: Exchange, error: unknown, deps: RouteDeps): void {
  const { request } = deps;
  if (!(error instanceof PerpetuoError)) request.logFailure(exchange, error);
  const shown =
    error instanceof PerpetuoError ? error : new PerpetuoError("internal_error", { cause: error });
  const headers = [...ownHeaders(exchange, deps), ...request.debugHeaders];
  sendRefusal(exchange, { error: shown, dialect: dialectOf(exchange.head), headers });
}
