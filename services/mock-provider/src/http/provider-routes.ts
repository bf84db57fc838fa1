import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import { hash } from "node:crypto";
import type { ErrorText } from "../answer/error-answer.ts";
import { refusedCredential } from "../behaviour/credentials.ts";
import { type Parameter, parameterOfHeader } from "../behaviour/parse-behaviour.ts";
import type { Recorder } from "../record/recorder.ts";
import type { CallRoute } from "../request/parse-request.ts";
import { createPreparer, type PreparedRequest } from "../request/prepare.ts";
import { wireError } from "../wires/errors.ts";
import { type Exchange, finishExchange } from "./exchange.ts";
import type { ServerState } from "./http-server.ts";
import { type ReceivedBody, receiveBody } from "./receive-body.ts";
import { respond } from "./respond.ts";
import { sendUnary } from "./send-unary.ts";

/** Paths of the fast port; a name behind a colon is the call's own part of the path. */
const routes: Record<string, Pick<CallRoute, "endpoint" | "wire">> = {
  "/v1/chat/completions": { endpoint: "chat", wire: "openai" },
  "/v1/completions": { endpoint: "completions", wire: "openai" },
  "/v1/embeddings": { endpoint: "embeddings", wire: "openai" },
  "/v1/messages": { endpoint: "chat", wire: "anthropic" },
  "/v1/messages/count_tokens": { endpoint: "token-count", wire: "anthropic" },
  "/v1beta/models/:call": { endpoint: "chat", wire: "google" },
  "/v2/chat": { endpoint: "chat", wire: "cohere" },
  "/v2/embed": { endpoint: "embeddings", wire: "cohere" },
  "/mistral/v1/chat/completions": { endpoint: "chat", wire: "mistral" },
  "/mistral/v1/embeddings": { endpoint: "embeddings", wire: "mistral" },
};

/** What a path without a part of the call's own asks for; a path that is not served counts as a chat completion. */
export function routeOf(path: string): CallRoute {
  return { ...(routes[path] ?? { endpoint: "chat", wire: "openai" }), address: "" };
}

/** Google's wire names the method in the path. */
function atAddress(route: Pick<CallRoute, "endpoint" | "wire">, address: string) {
  return address.endsWith(":batchEmbedContents") ? { ...route, endpoint: "embeddings" as const } : route;
}

type CallHead = {
  path: string;
  headers: [string, string][];
  parameters: Parameter[];
  credential: string;
};

/** The provider's own API. Each call is recorded as soon as its body is whole. */
export function addProviderRoutes(app: TemplatedApp, state: ServerState): void {
  const prepare = createPreparer();
  for (const [path, route] of Object.entries(routes)) {
    app.post(path, (response, request) => {
      const address = path.includes(":") ? decodeURIComponent(request.getParameter(0) ?? "") : "";
      const head = headOf(request);
      let exchange: Exchange | null = null;
      receiveBody(response, {
        done(received) {
          const call = { body: bytesOf(received), parameters: head.parameters };
          const prepared = prepare({ ...atAddress(route, address), address }, call);
          const bodyBytes = received.kind === "closed" ? 0 : received.size;
          exchange = openExchange(state.recorder, { response, head, prepared, bodyBytes });
          answerCall(exchange, { received, head, prepared, state });
        },
        onClosed() {
          if (exchange !== null) finishExchange(exchange, "client_closed");
        },
      });
    });
  }
}

function answerCall(
  exchange: Exchange,
  call: { received: ReceivedBody; head: CallHead; prepared: PreparedRequest; state: ServerState },
): void {
  if (call.received.kind === "closed") {
    finishExchange(exchange, "client_closed");
    return;
  }
  const refusal = call.received.kind === "too-large" ? tooLarge : refusedCredential(call.head.credential);
  if (refusal !== null) {
    const answer = wireError(call.prepared.wire, refusal);
    sendUnary(exchange, answer, hash("sha256", answer.body));
  } else respond(exchange, call.prepared, call.state.firstCalls.failureOf(call.prepared.behaviour));
}

const tooLarge: ErrorText = {
  status: 413,
  type: "invalid_request_error",
  code: "payload_too_large",
  message: "The body is larger than the mock provider takes.",
};

function openExchange(
  recorder: Recorder,
  call: { response: HttpResponse; head: CallHead; prepared: PreparedRequest; bodyBytes: number },
): Exchange {
  const { head, prepared } = call;
  const record = recorder.arrived({
    port: "http",
    method: "POST",
    path: head.path,
    headers: head.headers,
    body_bytes: call.bodyBytes,
    body_sha256: prepared.bodySha256,
    model: prepared.model,
    user: prepared.user,
    stream: prepared.stream,
    bodyCarriesApiKey: prepared.bodyCarriesApiKey,
  });
  return { response: call.response, record, recorder, closed: false, digest: null, release: null };
}

/** Each wire has a header of its own for the credential. */
const credentialHeaders = new Set(["authorization", "x-api-key", "x-goog-api-key", "api-key"]);

function headOf(request: HttpRequest): CallHead {
  const head: CallHead = { path: request.getUrl(), headers: [], parameters: [], credential: "" };
  request.forEach((name, value) => {
    head.headers.push([name, value]);
    if (credentialHeaders.has(name)) head.credential = value;
    const parameter = parameterOfHeader(name);
    if (parameter !== null) head.parameters.push([parameter, value]);
  });
  return head;
}

function bytesOf(received: ReceivedBody): Buffer {
  return received.kind === "whole" ? received.body : Buffer.alloc(0);
}
