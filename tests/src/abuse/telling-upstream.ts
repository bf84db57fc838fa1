import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** A provider that repeats the credential which it is called with, in every place of an answer that goes wrong. */
export type TellingUpstream = AsyncDisposable & {
  /** Ends in `/v1`, for a provider. */
  baseUrl: string;
  /** The credentials that it has been called with. */
  told(): ReadonlySet<string>;
};

const json = "content-type: application/json\r\n";
const events = "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n";
const delta = 'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n';

/** Raw answers by name; the request's model names the one that is given. `secret` stands in all of them. */
const answers: Record<string, (secret: string) => string> = {
  ...Object.fromEntries(
    [400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 501, 502, 503, 504, 529].map((status) => [
      `status-${status}`,
      (secret: string) =>
        whole(status, `${json}www-authenticate: ${secret}\r\nx-echo: ${secret}\r\n`, errorWith(secret)),
    ]),
  ),
  "error-page": (secret) => whole(500, "content-type: text/html\r\n", `<h1>wrong key ${secret}</h1>`),
  "error-escaped": (secret) => whole(400, json, errorWith(secret).replace("sk-", "sk\\u002d")),
  redirect: (secret) => whole(307, `location: http://127.0.0.1:9/${secret}\r\n`, ""),
  reason: (secret) => `HTTP/1.1 400 ${secret}\r\n${json}content-length: 2\r\n\r\n{}`,
  "no-http": (secret) => `${secret} ${secret}\r\n\r\n`,
  "bad-header": (secret) => `HTTP/1.1 200 OK\r\n${secret}\r\ncontent-length: 2\r\n\r\n{}`,
  "two-lengths": (secret) =>
    `HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\nx: ${secret}\r\n\r\n{}`,
  "bad-length": (secret) => `HTTP/1.1 200 OK\r\ncontent-length: ${secret}\r\n\r\n{}`,
  "bad-chunk": (secret) => `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${secret}\r\n{}`,
  "cut-body": (secret) => `HTTP/1.1 200 OK\r\n${json}content-length: 9999\r\n\r\n{"a":"${secret}`,
  "cut-head": (secret) => `HTTP/1.1 200 OK\r\nx: ${secret}`,
  compressed: (secret) => whole(200, `content-encoding: ${secret}\r\n`, "{}"),
  "first-event": (secret) =>
    `HTTP/1.1 200 OK\r\n${events}\r\n${chunk(`data: ${errorWith(secret)}\n\n`)}0\r\n\r\n`,
  "cut-stream": (secret) => `HTTP/1.1 200 OK\r\n${events}x: ${secret}\r\n\r\n${chunk(delta)}${secret}`,
  "bad-retry-after": (secret) => whole(429, `${json}retry-after: ${secret}\r\n`, errorWith("later")),
};

/** The models to ask for. */
export const tellingModels: string[] = Object.keys(answers);

export async function startTellingUpstream(): Promise<TellingUpstream> {
  const told = new Set<string>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = "";
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      const model = /"model":"([a-z0-9-]+)"/.exec(received)?.[1];
      const secret = /^authorization: Bearer (\S+)/im.exec(received)?.[1];
      if (model === undefined || secret === undefined || !received.endsWith("}")) return;
      told.add(secret);
      socket.end(answers[model]?.(secret) ?? "", "latin1");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens on a port.");
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    told: () => told,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function whole(status: number, headers: string, body: string): string {
  return `HTTP/1.1 ${status} Status\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`;
}

function errorWith(secret: string): string {
  return JSON.stringify({ error: { message: `Incorrect API key: ${secret}`, type: "error", code: secret } });
}

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
