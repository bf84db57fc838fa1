import { expect, it } from "vitest";
import {
  chunkedBody,
  chunkOf,
  headOf,
  jsonType,
  lastChunk,
  lengthOf,
  noteWhole,
  wholeAnswer,
} from "../../harness/scripted-answer.ts";
import { openCase, type World } from "./world.ts";

/** Writes an answer in a way that is rare and valid; `closes`: its end is the connection's. */
type ValidWay = { write: (body: Buffer) => string; closes?: true };

const sized = (body: Buffer, ...lines: string[]): string =>
  headOf(200, jsonType, lengthOf(body), ...lines) + body.toString();
const inChunks = (body: Buffer, chunk: (text: string) => string, end = lastChunk): string =>
  headOf(200, jsonType, chunkedBody) +
  chunk(body.toString("utf8", 0, 20)) +
  chunk(body.toString("utf8", 20)) +
  end;
const plainChunk = (text: string): string => chunkOf(text).toString();

const validWays: Record<string, ValidWay> = {
  "100 and 103 before the answer": {
    write: (body) => headOf(100) + headOf(103, "link: </style.css>; rel=preload") + sized(body),
  },
  "HTTP/1.0 until the connection's end": {
    write: (body) => headOf(200, jsonType).replace("HTTP/1.1", "HTTP/1.0") + body.toString(),
    closes: true,
  },
  "HTTP/1.0 with a length": { write: (body) => sized(body).replace("HTTP/1.1", "HTTP/1.0") },
  "connection: close with a length": { write: (body) => sized(body, "connection: close") },
  "chunks with extensions": {
    write: (body) =>
      inChunks(body, (text) => `${Buffer.byteLength(text).toString(16)};name="a; b";flag\r\n${text}\r\n`),
  },
  "chunk sizes in capitals behind zeros": {
    write: (body) =>
      inChunks(
        body,
        (text) => `${Buffer.byteLength(text).toString(16).toUpperCase().padStart(8, "0")}\r\n${text}\r\n`,
      ),
  },
  trailers: { write: (body) => inChunks(body, plainChunk, "0\r\nx-checksum: 1\r\nx-other: 2\r\n\r\n") },
  "a chunk for each byte": {
    write: (body) =>
      headOf(200, jsonType, chunkedBody) +
      [...body.toString()].map((character) => plainChunk(character)).join("") +
      lastChunk,
  },
  "no reason": { write: (body) => sized(body).replace("200 Scripted", "200 ") },
  "no reason, and no space for it": { write: (body) => sized(body).replace("200 Scripted", "200") },
  "names in capitals": { write: (body) => sized(body).replace("content-length", "CONTENT-LENGTH") },
  "no space behind colons": { write: (body) => sized(body).replaceAll(": application", ":application") },
  "many spaces around values": {
    write: (body) =>
      sized(body).replace("content-length: ", "content-length:   ").replace("json\r\n", "json  \r\n"),
  },
  "transfer-encoding: Chunked": {
    write: (body) => inChunks(body, plainChunk).replace(chunkedBody, "transfer-encoding: Chunked"),
  },
  "the same header twice": {
    write: (body) => sized(body, "set-cookie: a=1", "set-cookie: b=2", "vary: a", "vary: b"),
  },
  "50 headers of 200 bytes": {
    write: (body) =>
      sized(body, ...Array.from({ length: 50 }, (_, at) => `x-long-${at}: ${"v".repeat(190)}`)),
  },
  "an empty header": { write: (body) => sized(body, "x-empty:") },
  "bytes beyond ASCII in a header": { write: (body) => sized(body, "x-name: caf\u00e9") },
};

/** What a strict reader must not refuse. */
export function rareFraming(world: World): void {
  it.each(Object.keys(validWays))("rare and valid, %s · answered, at once and byte by byte", async (name) => {
    const each = openCase(world, "valid");
    const way = validWays[name];
    if (way === undefined) throw new Error(`There is no ${name}.`);
    const workspace = await each.workspace(async (call) => {
      noteWhole(call);
      // Latin-1 gives the one character beyond ASCII a byte of its own; the answers have none.
      const bytes = Buffer.from(way.write(wholeAnswer(call)), "latin1");
      const step = call.turn % 2 === 0 ? bytes.length : 1;
      for (let at = 0; at < bytes.length; at += step) {
        await call.write(bytes.subarray(at, at + step));
        if (step === 1) await new Promise((resolve) => setImmediate(resolve));
      }
      if (way.closes) call.end("fin");
    });
    for (let turn = 0; turn < 4; turn++) {
      const { record } = await each.ledger.send({ workspace, model: "m" });
      expect(record).toMatchObject({ outcome: "ok", canaries: [record.requestId] });
    }
    expect((await each.close()).attempts).toBe(4);
  });
}
