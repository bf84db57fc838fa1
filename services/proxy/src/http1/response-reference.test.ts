import { request } from "node:http";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cut, readPieces } from "./response.test-subject.ts";

type Reference = { kind: "answered"; status: number; body: string } | { kind: "refused" };

/** What Node's own client makes of the same bytes, followed by the connection's end. */
function readByNode(bytes: Buffer): Promise<Reference> {
  const connection = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  return new Promise((resolve) => {
    const refuse = () => resolve({ kind: "refused" });
    const outgoing = request({ method: "POST", createConnection: () => connection, host: "upstream" });
    outgoing.on("error", refuse);
    outgoing.on("upgrade", refuse);
    outgoing.on("response", (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("error", refuse);
      answer.on("end", () =>
        resolve({
          kind: "answered",
          status: answer.statusCode ?? 0,
          body: Buffer.concat(pieces).toString("latin1"),
        }),
      );
    });
    outgoing.end("{}");
    connection.push(bytes);
    connection.push(null);
  });
}

const token = fc.stringMatching(/^x-[a-z0-9-]{1,12}$/);
const value = fc.stringMatching(/^[!-~]{0,20}$/);
const content = fc.stringMatching(/^[ -~\r\n]{0,60}$/);
const headerLines = fc.array(fc.tuple(token, value), { maxLength: 6 });
const status = fc.constantFrom(200, 201, 204, 304, 400, 404, 429, 500, 503);

type Answer = {
  status: number;
  lines: [string, string][];
  pieces: string[];
  framing: "sized" | "chunked" | "until-close";
};

const answers: fc.Arbitrary<Answer> = fc.record({
  status,
  lines: headerLines,
  pieces: fc.array(content, { maxLength: 4 }),
  framing: fc.constantFrom("sized", "chunked", "until-close"),
});

function write({ status: code, lines, pieces, framing }: Answer): string {
  const body = pieces.join("");
  const length = {
    sized: `Content-Length: ${body.length}\r\n`,
    chunked: "Transfer-Encoding: chunked\r\n",
    "until-close": "",
  };
  const head = `HTTP/1.1 ${code} Reason\r\n${lines.map(([name, text]) => `${name}: ${text}\r\n`).join("")}${length[framing]}\r\n`;
  if (code === 204 || code === 304) return head;
  if (framing !== "chunked") return head + body;
  const chunks = pieces
    .filter((piece) => piece !== "")
    .map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`);
  return `${head}${chunks.join("")}0\r\n\r\n`;
}

/** Single bytes taken out, put in or replaced, from those that framing is made of. */
const damage = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("remove", "insert", "replace"),
    byte: fc.constantFrom(..."\r\n\0\t :;,0159afx-\x7f\xff".split("")),
  }),
  { minLength: 1, maxLength: 3 },
);

describe("beside Node's own client", () => {
  test("valid answers, cut anywhere · are read the same", async () => {
    await fc.assert(
      fc.asyncProperty(answers, fc.array(fc.nat(), { maxLength: 5 }), async (answer, places) => {
        const text = write(answer);
        const cuts = places.map((place) => place % (text.length + 1)).sort((left, right) => left - right);
        const reading = readPieces(cut(text, cuts), true);
        const reference = await readByNode(Buffer.from(text, "latin1"));
        expect(reading.outcome).toBe("complete");
        expect(reference).toEqual({ kind: "answered", status: reading.heads[0]?.status, body: reading.body });
      }),
      { numRuns: 500, seed: 9_112 },
    );
  });

  test("damaged answers · are refused, or read as Node reads them", async () => {
    await fc.assert(
      fc.asyncProperty(answers, damage, async (answer, damages) => {
        let text = write(answer);
        for (const { at, kind, byte } of damages) {
          const place = at % (text.length + 1);
          const rest = text.slice(kind === "insert" ? place : place + 1);
          text = text.slice(0, place) + (kind === "remove" ? "" : byte) + rest;
        }
        const reading = readPieces(cut(text, []), true);
        if (reading.outcome !== "complete" && reading.outcome !== "surplus") return;
        const reference = await readByNode(Buffer.from(text, "latin1"));
        // Bytes behind an answer end its connection; Node reports them as an error of the answer itself.
        if (reading.outcome === "surplus" && reference.kind === "refused") return;
        expect(reference).toEqual({ kind: "answered", status: reading.heads[0]?.status, body: reading.body });
      }),
      { numRuns: 3_000, seed: 9_112 },
    );
  });
});
