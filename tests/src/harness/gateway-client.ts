import { hash } from "node:crypto";
import { Pool } from "undici";

export type GatewayCall = {
  apiKey: string;
  /** The JSON to send, or the text as it is. */
  body: unknown;
  path?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Told of everything that has come of the answer's body so far, each time that more of it comes. */
  onProgress?: (body: Buffer) => void;
};

export type GatewayAnswer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
};

/** What came of an answer before it was cut, and how many content events that were. */
export type AbortedAnswer = GatewayAnswer & { seen: number };

/** A plain HTTP client of the gateway, for what an SDK would hide: bytes, headers, cut connections. */
export type GatewayClient = AsyncDisposable & {
  /** Sends a request and reads the whole answer; rejects when the connection breaks. */
  call(call: GatewayCall): Promise<GatewayAnswer>;
  /** Reads a stream until it has seen `events` content events, then cuts the connection. Returns what it saw. */
  abortAfter(call: GatewayCall, events: number): Promise<AbortedAnswer>;
  /** Reads so many bytes of an answer, then cuts the connection. Returns how many came. */
  readBytes(call: GatewayCall, bytes: number): Promise<number>;
};

const chatPath = "/v1/chat/completions";

/** Whether a client sends its next request on a connection that has served one. */
export type ConnectionUse = "kept-alive" | "fresh";

export function createGatewayClient(
  proxyUrl: string,
  connections = 32,
  use: ConnectionUse = "kept-alive",
): GatewayClient {
  const pool = new Pool(proxyUrl, { connections, pipelining: use === "fresh" ? 0 : 1 });
  const send = (call: GatewayCall) =>
    pool.request({
      method: "POST",
      path: call.path ?? chatPath,
      headers: {
        authorization: `Bearer ${call.apiKey}`,
        "content-type": "application/json",
        ...call.headers,
      },
      body: typeof call.body === "string" ? call.body : JSON.stringify(call.body),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  return {
    async call(call) {
      const answer = await send(call);
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: await readBody(answer.body, call.onProgress),
      };
    },
    async abortAfter(call, events) {
      const stop = new AbortController();
      const answer = await send({ ...call, signal: stop.signal });
      let text = "";
      try {
        for await (const bytes of answer.body) {
          text += String(bytes);
          if (contentEvents(text) >= events) stop.abort();
        }
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
      const { statusCode: status, headers } = answer;
      return { status, headers, body: Buffer.from(text), seen: contentEvents(text) };
    },
    async readBytes(call, bytes) {
      const answer = await send(call);
      let read = 0;
      for await (const piece of answer.body) {
        read += Buffer.byteLength(piece);
        // Leaving the loop destroys the body, and with it the connection.
        if (read >= bytes) break;
      }
      return read;
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

async function readBody(
  stream: AsyncIterable<Uint8Array> & { arrayBuffer(): Promise<ArrayBuffer> },
  onProgress: GatewayCall["onProgress"],
): Promise<Buffer> {
  if (onProgress === undefined) return Buffer.from(await stream.arrayBuffer());
  let body = Buffer.alloc(0);
  for await (const piece of stream) {
    body = Buffer.concat([body, piece]);
    onProgress(body);
  }
  return body;
}

/** A chat request of one short message. */
export function chat(model: string, members: object = {}): object {
  return { model, messages: [{ role: "user", content: "Say something short." }], ...members };
}

export function headerOf(headers: GatewayAnswer["headers"], name: string): string | null {
  const value = headers[name];
  return typeof value === "string" ? value : null;
}

/** The id that the gateway gave a request, which is its row's `request_id`. */
export function requestIdOf({ headers }: Pick<GatewayAnswer, "headers">): string {
  const requestId = headerOf(headers, "x-request-id");
  if (requestId === null) throw new Error("The answer has no x-request-id.");
  return requestId;
}

export function sha256(bytes: Buffer | string): string {
  return hash("sha256", bytes);
}

/** The code of an error in OpenAI's envelope, or in a stream's error event; null when there is none. */
export function errorCode(body: Buffer): string | null {
  const text = body.toString();
  const json = text.startsWith("{") ? text : (/^data: (\{"error".*)$/m.exec(text)?.[1] ?? null);
  if (json === null) return null;
  return (JSON.parse(json) as { error?: { code: string | null } }).error?.code ?? null;
}

function contentEvents(text: string): number {
  return text.match(/"delta":\{"content":"[^"]/g)?.length ?? 0;
}
