import { describe, expect, test } from "vitest";
import { readSseEvent, SseBoundaries } from "./sse.ts";

/** The pieces that the boundaries cut a stream into, when it arrives in these chunks. */
function cut(chunks: string[]): string[] {
  const boundaries = new SseBoundaries();
  const events: string[] = [];
  let carry = "";
  for (const text of chunks) {
    const chunk = Buffer.from(text);
    let at = 0;
    while (at < chunk.length) {
      const end = boundaries.next(chunk, at);
      const stop = end === -1 ? chunk.length : end;
      carry += chunk.toString("utf8", at, stop);
      if (end !== -1) {
        events.push(carry);
        carry = "";
      }
      at = stop;
    }
  }
  return carry === "" ? events : [...events, carry];
}

describe("SseBoundaries", () => {
  test.each([
    ["LF", "data: a\n\ndata: b\n\n", ["data: a\n\n", "data: b\n\n"]],
    ["CR", "data: a\r\rdata: b\r\r", ["data: a\r\r", "data: b\r\r"]],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", ["data: a\r\n\r\n", "data: b\r\n\r\n"]],
    ["mixed", "data: a\r\n\ndata: b\n\r\n", ["data: a\r\n\n", "data: b\n\r\n"]],
    ["CRLF inside an event", "event: x\r\ndata: a\r\n\r\n", ["event: x\r\ndata: a\r\n\r\n"]],
    ["comments", ": one\n\ndata: a\n: two\n\n", [": one\n\n", "data: a\n: two\n\n"]],
    ["no end", "data: a\n\ndata: b\n", ["data: a\n\n", "data: b\n"]],
    ["leading blank lines", "\n\ndata: a\n\n", ["\n", "\n", "data: a\n\n"]],
  ])("next · %s lines end where the standard says", (_name, stream, events) => {
    expect(cut([stream])).toEqual(events);
  });

  test.each(["data: a\n\ndata: bc\n\n", "data: a\r\rdata: bc\r\r", "id: 1\ndata: a\n\n: c\n\n"])(
    "next · %j has the same events wherever it is cut",
    (stream) => {
      for (let first = 0; first <= stream.length; first++) {
        for (let second = first; second <= stream.length; second++) {
          const chunks = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)];
          expect(cut(chunks)).toEqual(cut([stream]));
        }
      }
    },
  );

  test("next · a line feed cut off from its carriage return is a piece of its own", () => {
    expect(cut(["data: a\r\n\r", "\ndata: b\r\n\r\n"])).toEqual(["data: a\r\n\r", "\n", "data: b\r\n\r\n"]);
    expect(cut(["data: a\r\n\r", "data: b\r\r"])).toEqual(["data: a\r\n\r", "data: b\r\r"]);
    expect(cut(["data: a\r", "\n\r", "\n"])).toEqual(["data: a\r\n\r", "\n"]);
  });
});

describe("readSseEvent", () => {
  test.each([
    ["data: a\n\n", null, "a"],
    ["data:a\n\n", null, "a"],
    ["data:  a\n\n", null, " a"],
    ["data\n\n", null, ""],
    ["data: a\ndata: b\n\n", null, "a\nb"],
    ["data: a\r\ndata: b\r\n\r\n", null, "a\nb"],
    ["data: a\rdata: b\r\r", null, "a\nb"],
    ["event: error\ndata: {}\n\n", "error", "{}"],
    ["event:error\n\n", "error", null],
    [": data: a\n\n", null, null],
    ["\uFEFFdata: a\n\n", null, "a"],
    ["id: 7\nretry: 10\ndata: a:b\n\n", null, "a:b"],
  ])("%j · event %j, data %j", (text, event, data) => {
    expect(readSseEvent(text)).toEqual({ event, data });
  });
});
