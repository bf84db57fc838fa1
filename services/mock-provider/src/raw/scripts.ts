import { gzipSync } from "node:zlib";
import {
  chunk,
  headText,
  headTextWith,
  honestBody,
  honestFraming,
  lastChunk,
  type RawAnswer,
  type Script,
  type Step,
  write,
} from "./steps.ts";

const close: [string, string] = ["connection", "close"];
const chunked: [string, string] = ["transfer-encoding", "chunked"];

/** The time after which the unsolicited second answer follows the first, in milliseconds. */
const lateAnswerMs = 30;
const dripMs = 100;

const length = (bytes: number): [string, string] => ["content-length", String(bytes)];

function* plain(answer: RawAnswer): Iterable<Step> {
  yield write(headText(answer, honestFraming(answer)));
  yield write(honestBody(answer));
}

/** The plain answer with more headers. */
const withHeaders = (headers: [string, string][]): Script =>
  function* (answer) {
    yield* plain({ ...answer, headers: [...answer.headers, ...headers] });
  };

/** The plain answer under a framing that does not fit; the connection ends after it. */
const framed = (
  framing: (answer: RawAnswer) => [string, string][],
  body = (answer: RawAnswer) => answer.body,
): Script =>
  function* (answer) {
    yield write(headText(answer, framing(answer)));
    yield write(body(answer));
    yield { kind: "finish" };
  };

/** The stream's text rewritten event by event, under honest framing. */
const rewritten = (rewrite: (text: string) => string): Script =>
  function* (answer) {
    yield* plain({ ...answer, body: Buffer.from(rewrite(answer.body.toString())) });
  };

/** A stream that the connection's end delimits, without its last event. */
const closeDelimited = (ending: "finish" | "reset", complete: boolean): Script =>
  function* (answer) {
    const terminator = answer.body.lastIndexOf("\n\ndata: [DONE]");
    const end = complete ? answer.body.length : withoutLastWords(answer.body, terminator);
    yield write(headText(answer, [close]));
    yield write(answer.body.subarray(0, end));
    // The reader gets the bytes before the end of the connection, which an RST would overtake.
    yield { kind: "wait", milliseconds: 50 };
    yield { kind: ending };
  };

/** Where a stream is cut so that neither `[DONE]` nor the finish chunk is left; half of any other body. */
function withoutLastWords(body: Buffer, terminator: number): number {
  if (terminator === -1) return Math.floor(body.length / 2);
  const finish = body.lastIndexOf('"finish_reason":"');
  const eventBefore = body.lastIndexOf("\n\n", finish === -1 ? terminator : finish);
  return eventBefore === -1 ? 0 : eventBefore + 2;
}

/** Every scenario of the raw port, by name; the table in README.md lists the same names. */
export const scripts: Record<string, Script> = {
  plain,
  *garbage() {
    yield write(Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 73 + 11) % 256)));
    yield { kind: "finish" };
  },
  *"close-before-head"() {
    yield { kind: "finish" };
  },
  *"reset-before-head"() {
    yield { kind: "reset" };
  },
  *"split-head"(answer) {
    yield { kind: "each-byte", bytes: headText(answer, honestFraming(answer)), gapMs: 0 };
    yield write(honestBody(answer));
  },
  *"split-body"(answer) {
    yield write(headText(answer, honestFraming(answer)));
    for (const byte of answer.body) {
      const piece = Buffer.of(byte);
      yield { kind: "each-byte", bytes: answer.stream ? chunk(piece) : piece, gapMs: 0 };
    }
    if (answer.stream) yield write(lastChunk);
  },
  *drip(answer) {
    const gapMs = answer.paceMs || dripMs;
    yield { kind: "each-byte", bytes: headText(answer, honestFraming(answer)), gapMs };
    yield { kind: "each-byte", bytes: honestBody(answer), gapMs };
  },
  "short-length": framed((answer) => [length(answer.body.length - 10)]),
  "long-length": framed((answer) => [length(answer.body.length + 10)]),
  "length-and-chunked": framed(
    (answer) => [length(answer.body.length), chunked],
    (answer) => Buffer.concat([chunk(answer.body), lastChunk]),
  ),
  "two-lengths": framed((answer) => [length(answer.body.length), length(answer.body.length - 10)]),
  "bad-chunk-size": framed(
    () => [chunked],
    (answer) => Buffer.concat([Buffer.from("zz\r\n"), answer.body]),
  ),
  "bad-later-chunk-size": framed(
    () => [chunked],
    (answer) =>
      Buffer.concat([
        chunk(answer.body.subarray(0, answer.body.length / 2)),
        Buffer.from("zz\r\n"),
        answer.body,
      ]),
  ),
  *"bare-line-feeds"(answer) {
    yield write(headTextWith(answer, { framing: [length(answer.body.length)], lineEnd: "\n" }));
    yield write(answer.body);
    yield { kind: "finish" };
  },
  "close-delimited": closeDelimited("finish", true),
  "close-delimited-cut": closeDelimited("finish", false),
  "close-delimited-reset": closeDelimited("reset", false),
  *"late-answer"(answer) {
    yield* plain(answer);
    yield { kind: "wait", milliseconds: lateAnswerMs };
    const poison = Buffer.from('{"poison":"an answer that nobody asked for"}');
    yield* plain({ ...answer, stream: false, body: poison, headers: [["content-type", "application/json"]] });
  },
  "big-header": withHeaders([["x-big", "b".repeat(20 * 1024)]]),
  "many-headers": withHeaders(
    Array.from({ length: 10_000 }, (_, index): [string, string] => [`x-many-${index}`, "m"]),
  ),
  *informational(answer) {
    yield write("HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n");
    yield* plain(answer);
  },
  *compressed(answer) {
    const headers: [string, string][] = [...answer.headers, ["content-encoding", "gzip"]];
    yield* plain({ ...answer, headers, body: gzipSync(answer.body) });
  },
  *"compression-bomb"(answer) {
    const headers: [string, string][] = [...answer.headers, ["content-encoding", "gzip"]];
    yield* plain({ ...answer, headers, body: gzipSync(Buffer.alloc(64 * 1024 * 1024)) });
  },
  *"endless-line"(answer) {
    yield write(headText(answer, [chunked]));
    yield write(chunk(Buffer.from("data: ")));
    const piece = chunk(Buffer.alloc(16 * 1024, "x"));
    for (;;) yield write(piece);
  },
  *"endless-head"() {
    yield write("HTTP/1.1 200 OK\r\n");
    for (let index = 0; ; index++) yield write(`x-endless-${index}: ${"e".repeat(100)}\r\n`);
  },
  "crlf-events": rewritten((text) => text.replaceAll("\n", "\r\n")),
  "cr-events": rewritten((text) => text.replaceAll("\n", "\r")),
  "byte-order-mark": rewritten((text) => `\uFEFF${text}`),
  "comment-events": rewritten((text) => text.replaceAll("data: ", ": a comment\nid: 7\nretry: 10\ndata: ")),
  "no-space-events": rewritten((text) => text.replaceAll("data: ", "data:")),
  "invalid-json-event": rewritten((text) => text.replace("\n\n", '\n\ndata: {"choices":[{\n\n')),
  "unfinished-last-event": rewritten((text) => text.slice(0, -1)),
};
