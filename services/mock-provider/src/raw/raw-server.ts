import { hash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Answer } from "../answer/answer.ts";
import { errorAnswer } from "../answer/error-answer.ts";
import { refusedCredential } from "../behaviour/credentials.ts";
import { type Parameter, parameterOfHeader } from "../behaviour/parse-behaviour.ts";
import type { ServerState } from "../http/http-server.ts";
import { routeOf } from "../http/provider-routes.ts";
import { createPreparer, type PreparedRequest } from "../request/prepare.ts";
import { play } from "./play.ts";
import { type RawRequest, readRequest } from "./read-request.ts";
import { scripts } from "./scripts.ts";
import type { RawAnswer } from "./steps.ts";

export type RawServer = { port: number } & AsyncDisposable;

type RawState = ServerState & { prepare: ReturnType<typeof createPreparer> };

/** Listens on the port of raw bytes; port 0 picks a free one. Throws when the port is taken. */
export async function startRawServer(
  address: { host: string; port: number },
  state: ServerState,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const rawState = { ...state, prepare: createPreparer() };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A client that resets the connection is one of the things that a mock is for; `close` follows.
    socket.on("error", () => socket.destroy());
    serve(socket, rawState);
  });
  server.listen({ ...address, exclusive: true });
  await once(server, "listening");
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : address.port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

/** Answers the requests of a connection one after another. */
function serve(socket: Socket, state: RawState): void {
  let received = Buffer.alloc(0);
  let busy = false;

  const next = (): void => {
    const outcome = readRequest(received);
    if (outcome.kind === "malformed") socket.destroy();
    if (outcome.kind !== "request" || busy) return;
    received = Buffer.from(outcome.rest);
    busy = true;
    void answerOne(socket, outcome.request, state).then(() => {
      busy = false;
      if (!socket.destroyed) next();
    });
  };

  socket.on("data", (bytes) => {
    received = Buffer.concat([received, bytes]);
    if (!busy) next();
  });
}

async function answerOne(socket: Socket, request: RawRequest, state: RawState): Promise<void> {
  const parameters = parametersOf(request);
  const { script: scriptOfPath, endpointPath } = splitPath(request.path);
  const prepared = state.prepare(routeOf(endpointPath), { body: request.body, parameters });
  const scriptName = scriptOfPath ?? prepared.behaviour.script ?? "plain";
  const script = Object.hasOwn(scripts, scriptName) ? scripts[scriptName] : undefined;
  const answer = rawAnswer(
    script === undefined ? unknownScript(scriptName) : answerFor(request, prepared),
    prepared,
  );

  const record = state.recorder.arrived({
    port: "raw",
    method: request.method,
    path: request.path,
    headers: request.headers,
    body_bytes: request.body.length,
    body_sha256: prepared.bodySha256,
    model: prepared.model,
    user: prepared.user,
    stream: prepared.stream,
    bodyCarriesApiKey: prepared.bodyCarriesApiKey,
  });
  if (prepared.behaviour.latencyMs > 0) await delay(prepared.behaviour.latencyMs);
  record.status = answer.status;
  record.first_byte_at = Date.now();
  record.response_sha256 = hash("sha256", answer.body);
  const played = await play(socket, (script ?? scripts["plain"] ?? (() => []))(answer));
  record.bytes_sent = played.bytes;
  if (played.kind === "played") {
    record.content_tokens_sent = contentTokens(prepared.answer);
    record.usage_reported = prepared.answer.usage;
  }
  state.recorder.finished(record, played.kind === "played" ? "answered" : "client_closed");
}

function parametersOf(request: RawRequest): Parameter[] {
  return request.headers.flatMap(([name, value]): Parameter[] => {
    const parameter = parameterOfHeader(name);
    return parameter === null ? [] : [[parameter, value]];
  });
}

/** `/garbage/v1/chat/completions` plays `garbage`; `/v1/chat/completions` leaves the choice to the model name. */
function splitPath(path: string): { script: string | null; endpointPath: string } {
  const match = /^\/([a-z-]+)(\/v1\/.*)$/.exec(path);
  return match === null
    ? { script: null, endpointPath: path }
    : { script: match[1] ?? null, endpointPath: match[2] ?? "" };
}

function answerFor(request: RawRequest, prepared: PreparedRequest): Answer {
  const authorization = request.headers.find(([name]) => name === "authorization")?.[1] ?? "";
  const refusal = refusedCredential(authorization);
  return refusal === null ? prepared.answer : errorAnswer(refusal);
}

function unknownScript(name: string): Answer {
  const message = `The raw port has no script '${name}'. It has: ${Object.keys(scripts).join(", ")}.`;
  return errorAnswer({ status: 400, type: "invalid_request_error", code: "unknown_script", message });
}

function rawAnswer(answer: Answer, prepared: PreparedRequest): RawAnswer {
  return {
    status: answer.status,
    headers: answer.headers,
    body: answer.kind === "unary" ? answer.body : wholeStream(answer),
    stream: answer.kind === "stream",
    paceMs: prepared.behaviour.paceMs,
  };
}

/** Tokens of a stream whose model name asks for an endless one, on a port whose scripts need a whole body. */
const tokensOfEndless = 1000;

function wholeStream(answer: Extract<Answer, { kind: "stream" }>): Buffer {
  const frames = Array.from({ length: Math.min(answer.contentCount, tokensOfEndless) }, (_, index) =>
    answer.contentFrame(index),
  );
  return Buffer.from(answer.opening + frames.join("") + answer.closing);
}

function contentTokens(answer: Answer): number {
  return answer.kind === "unary" ? answer.contentTokens : Math.min(answer.contentCount, tokensOfEndless);
}
