import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import { hash } from "node:crypto";
import type { UnaryAnswer } from "../answer/answer.ts";
import { errorAnswer } from "../answer/error-answer.ts";
import { refusedCredential } from "../behaviour/credentials.ts";
import { type Parameter, parameterOfHeader } from "../behaviour/parse-behaviour.ts";
import type { Recorder } from "../record/recorder.ts";
import type { Endpoint } from "../request/parse-request.ts";
import { createPreparer, type PreparedRequest } from "../request/prepare.ts";
import { type Exchange, finishExchange } from "./exchange.ts";
import type { ServerState } from "./http-server.ts";
import { type ReceivedBody, receiveBody } from "./receive-body.ts";
import { respond } from "./respond.ts";
import { sendUnary } from "./send-unary.ts";

export const endpointPaths: Record<string, Endpoint> = {
  "/v1/chat/completions": "chat",
  "/v1/completions": "completions",
  "/v1/embeddings": "embeddings",
};

type CallHead = {
  path: string;
  headers: [string, string][];
  parameters: Parameter[];
  authorization: string;
};

/** The provider's own API. Each call is recorded as soon as its body is whole. */
export function addProviderRoutes(app: TemplatedApp, state: ServerState): void {
  const prepare = createPreparer();
  for (const [path, endpoint] of Object.entries(endpointPaths)) {
    app.post(path, (response, request) => {
      const head = headOf(request, path);
      let exchange: Exchange | null = null;
      receiveBody(response, {
        done(received) {
          const prepared = prepare(endpoint, { body: bytesOf(received), parameters: head.parameters });
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
  const refusal = call.received.kind === "too-large" ? tooLarge : refusedCredential(call.head.authorization);
  if (refusal !== null) sendUnary(exchange, refusal, hash("sha256", refusal.body));
  else respond(exchange, call.prepared, call.state.firstCalls.failureOf(call.prepared.behaviour));
}

const tooLarge: UnaryAnswer = errorAnswer({
  status: 413,
  type: "invalid_request_error",
  code: "payload_too_large",
  message: "The body is larger than the mock provider takes.",
});

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

function headOf(request: HttpRequest, path: string): CallHead {
  const head: CallHead = { path, headers: [], parameters: [], authorization: "" };
  request.forEach((name, value) => {
    head.headers.push([name, value]);
    if (name === "authorization") head.authorization = value;
    const parameter = parameterOfHeader(name);
    if (parameter !== null) head.parameters.push([parameter, value]);
  });
  return head;
}

function bytesOf(received: ReceivedBody): Buffer {
  return received.kind === "whole" ? received.body : Buffer.alloc(0);
}
