import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";

/** The HTTP parser ends a silent connection after 8 to 12 s; what is open later than this stays open. */
const patienceMs = 20_000;

/** One answer of a connection: its status, its headers by lower-case name, its body. */
export type RawAnswer = { status: number; headers: ReadonlyMap<string, string>; body: string };

/** One connection on which bytes go out as they are and answers are told apart. */
export class RawConnection implements AsyncDisposable {
  private readonly socket: Socket;
  private received = "";
  private wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    // A reset by the other side is an end like any other.
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      this.received += bytes.toString("latin1");
      this.wake();
    });
    socket.on("close", () => this.wake());
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  /** Characters are bytes (latin1). */
  send(text: string): void {
    if (!this.socket.destroyed) this.socket.write(text, "latin1");
  }

  /** Sends the pieces one after the other, with a pause between them in which the first can arrive alone. */
  async sendApart(pieces: string[], pauseMs: number): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await delay(pauseMs);
      this.send(piece);
    }
  }

  /** Sends each byte in a write of its own, as fast as that goes. */
  async sendBytes(text: string): Promise<void> {
    for (const byte of text) {
      this.send(byte);
      await nextTurn();
    }
  }

  /** Everything that has come so far and could be told apart, interim answers (1xx) left out. */
  answers(): RawAnswer[] {
    return readAnswers(this.received);
  }

  get text(): string {
    return this.received;
  }

  /** Waits for so many whole answers; rejects when the connection ends before. */
  async untilAnswers(count: number): Promise<RawAnswer[]> {
    await this.until(() => this.answers().length >= count || this.socket.destroyed);
    const answers = this.answers();
    if (answers.length < count) {
      throw new Error(`The connection ended after ${JSON.stringify(this.received.slice(-500))}.`);
    }
    return answers;
  }

  /** Waits for what cannot be told apart as answers, such as those to a HEAD. */
  async untilText(pattern: RegExp): Promise<string> {
    await this.until(() => pattern.test(this.received) || this.socket.destroyed);
    return this.received;
  }

  async untilClosed(): Promise<void> {
    await this.until(() => this.socket.destroyed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.closed) return;
    const closed = once(this.socket, "close");
    this.socket.destroy();
    await closed;
  }

  private async until(isSo: () => boolean): Promise<void> {
    const late = setTimeout(
      () => this.socket.destroy(new Error("nothing more came, and it stayed open")),
      patienceMs,
    );
    try {
      while (!isSo()) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      clearTimeout(late);
    }
    if (this.socket.errored?.message.startsWith("nothing more came")) throw this.socket.errored;
  }
}

/** Tells answers apart by their framing. An answer that has not arrived whole is left out. */
export function readAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (;;) {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd < 0) return answers;
    const [statusLine = "", ...lines] = rest.slice(0, headEnd).split("\r\n");
    const status = Number(statusLine.split(" ")[1]);
    const headers = new Map(lines.map(splitHeader));
    const body = readBody(rest.slice(headEnd + 4), headers);
    if (status >= 200) {
      if (body === null) return answers;
      answers.push({ status, headers, body: body.text });
    }
    rest = rest.slice(headEnd + 4 + (status >= 200 ? (body?.length ?? 0) : 0));
  }
}

/** Null while the body is not whole. Without framing it goes on to the end, as in the parser's own pages. */
function readBody(
  text: string,
  headers: ReadonlyMap<string, string>,
): { text: string; length: number } | null {
  const length = headers.get("content-length");
  if (length !== undefined) {
    return text.length < Number(length)
      ? null
      : { text: text.slice(0, Number(length)), length: Number(length) };
  }
  if (headers.get("transfer-encoding") === undefined) return { text, length: text.length };
  const end = text.indexOf("\r\n0\r\n\r\n");
  return end < 0 ? null : { text: text.slice(0, end), length: end + 7 };
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
