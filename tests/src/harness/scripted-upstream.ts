import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { UpstreamBook, UpstreamRecord } from "../ledger/upstream-record.ts";
import { portOf } from "./free-ports.ts";

/** What a script reads of the call that it answers, in whichever wire. `user` is the id of the client's request. */
export type CallBody = { model: string; stream: boolean; user: string };

/** One call, in the hands of the script that answers it. */
export type ScriptedCall = {
  readonly body: CallBody;
  readonly headers: ReadonlyMap<string, string>;
  /** Counts the script's calls, from 0. */
  readonly turn: number;
  readonly socket: Socket;
  /** What the ledger reads: the script adds the tokens and the usage that it sends. */
  readonly record: UpstreamRecord;
  /** Hands bytes to the operating system, no faster than the gateway reads. */
  write(bytes: Buffer | string): Promise<void>;
  /** Ends the connection: in good order (FIN), or with RST. */
  end(manner: Ending): void;
  /** When the connection is closed, by whomever; milliseconds of `performance.now()`. */
  readonly closed: Promise<number>;
};

export type Ending = "fin" | "rst";
/** Answers one call. When it returns with the connection open, the next call on it may come. */
export type Script = (call: ScriptedCall) => Promise<void> | void;

/** An upstream in this process that answers as a script says, byte by byte, on `node:net`. */
export type ScriptedUpstream = AsyncDisposable & {
  /** A base URL, ending in `/v1`, whose calls this script answers. */
  serve(script: Script): string;
  book: UpstreamBook;
  /** Closes every connection, idle or not. */
  hangUp(): void;
};

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const scripts: { script: Script; turns: number }[] = [];
  const records: UpstreamRecord[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    // A gateway that resets the connection is one of the things that a script is for; `close` follows.
    socket.on("error", () => socket.destroy());
    void answerAll(socket, async (call) => {
      const played = scripts[call.script];
      if (played === undefined) throw new Error(`There is no script ${call.script}.`);
      records.push(call.record);
      await played.script({ ...call, turn: played.turns++ });
    });
  });
  const origin = await listen(server);
  return {
    serve(script) {
      scripts.push({ script, turns: 0 });
      return `${origin}/${scripts.length - 1}/v1`;
    },
    book: { records: async () => records },
    hangUp: () => closeConnections(server),
    [Symbol.asyncDispose]: () => closeServer(server),
  };
}

/** An upstream that ends every connection as soon as it has been made, without reading from it. */
export async function startHangingUp(manner: Ending): Promise<HangingUp> {
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    socket.on("error", () => socket.destroy());
    endSocket(socket, manner);
  });
  const origin = await listen(server);
  return {
    baseUrl: `${origin}/v1`,
    book: { records: async () => [], unread: () => accepted },
    [Symbol.asyncDispose]: () => closeServer(server),
  };
}

export type HangingUp = AsyncDisposable & { baseUrl: string; book: UpstreamBook };

const serversSockets = new WeakMap<Server, Set<Socket>>();

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  serversSockets.set(server, sockets);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${portOf(server)}`;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  closeConnections(server);
  await closed;
}

function closeConnections(server: Server): void {
  for (const socket of serversSockets.get(server) ?? []) socket.destroy();
}

function endSocket(socket: Socket, manner: Ending): void {
  if (manner === "fin") socket.end();
  else socket.resetAndDestroy();
}

type ReceivedCall = Omit<ScriptedCall, "turn"> & { script: number };

/** Reads the calls of a connection and has them answered one after another. */
async function answerAll(socket: Socket, answer: (call: ReceivedCall) => Promise<void>): Promise<void> {
  const closed = new Promise<number>((resolve) => socket.on("close", () => resolve(performance.now())));
  let received = Buffer.alloc(0);
  let wake = (): void => undefined;
  socket.on("data", (bytes) => {
    received = Buffer.concat([received, bytes]);
    wake();
  });
  socket.on("close", () => wake());
  while (!socket.destroyed) {
    const next = cutCall(received);
    if (next === null) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    received = received.subarray(next.length);
    let isAnswered = false;
    const record: UpstreamRecord = {
      requestId: next.body.user,
      receivedAt: Date.now(),
      tokens: 0,
      reported: null,
      sawClose: false,
    };
    void closed.then(() => {
      record.sawClose = !isAnswered;
    });
    await answer({
      ...next,
      socket,
      record,
      closed,
      write: (bytes) => writeAll(socket, bytes),
      end: (manner) => endSocket(socket, manner),
    });
    isAnswered = true;
    await nextTurn();
  }
}

type CutCall = { script: number; headers: Map<string, string>; body: CallBody; length: number };

/** The first whole call in the bytes; null when it has not all come. */
function cutCall(bytes: Buffer): CutCall | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [requestLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const declared = headers.get("content-length");
  if (declared === undefined) throw new Error("A scripted upstream takes calls with a content-length only.");
  const length = headEnd + 4 + Number(declared);
  if (bytes.length < length) return null;
  const body = readCall(requestLine, bytes.toString("utf8", headEnd + 4, length));
  const script = Number(/^POST \/(\d+)\/v1\//.exec(requestLine)?.[1]);
  return { script, headers, body, length };
}

/** Gemini's wire names the model and the way of answering in the path; only the message holds the request's id in all. */
function readCall(requestLine: string, text: string): CallBody {
  const body = JSON.parse(text) as Partial<CallBody>;
  const [, modelOfPath = ""] = /models\/([^:]*):/.exec(requestLine) ?? [];
  return {
    model: body.model ?? decodeURIComponent(modelOfPath),
    stream: body.stream === true || requestLine.includes(":streamGenerateContent"),
    user: /canary\(([^)]*)\)/.exec(text)?.[1] ?? body.user ?? "",
  };
}

async function writeAll(socket: Socket, bytes: Buffer | string): Promise<void> {
  if (socket.destroyed || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
}
