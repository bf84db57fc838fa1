import { describe, expect, test } from "vitest";
import { cut, read, readPieces, validAnswers } from "./response.test-subject.ts";
import { ResponseReader } from "./response-reader.ts";

describe.each(validAnswers)("an answer $name", ({ text, body, needsEnd }) => {
  const whole = read(text, true);

  test("whole · is read to its end and no further", () => {
    expect(whole).toMatchObject({ body, outcome: "complete" });
    expect(whole.heads).toHaveLength(1);
    expect(read(text).outcome).toBe(needsEnd === true ? "incomplete" : "complete");
  });

  test("cut at every byte · is the same", () => {
    for (let at = 0; at <= text.length; at++) expect(readPieces(cut(text, [at]), true)).toEqual(whole);
    const single = [...text].map((_, index) => index);
    expect(readPieces(cut(text, single), true)).toEqual(whole);
  });

  test("cut at every pair of bytes · is the same", () => {
    const expected = JSON.stringify(whole);
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        const reading = readPieces(cut(text, [first, second]), true);
        if (JSON.stringify(reading) !== expected) expect({ first, second, reading }).toEqual(whole);
      }
    }
  });

  test("ended after every byte but the last · is known to be cut off", () => {
    const headEnd = text.lastIndexOf("\r\n\r\nhello") + 4;
    for (let length = 0; length < text.length; length++) {
      const { outcome } = read(text.slice(0, length), true);
      // Without a length nobody can tell: whoever reads the content has to.
      const isWhole = needsEnd === true && length >= headEnd;
      expect(outcome, `after ${length} bytes`).toBe(isWhole ? "complete" : "HTTP1_CONNECTION_CLOSED");
    }
  });
});

describe("bytes behind an answer", () => {
  const delimited = validAnswers.filter(({ needsEnd }) => needsEnd !== true);

  test.each(delimited)("$name · are no part of it", ({ text }) => {
    const surplus = { ...read(text), outcome: "surplus" };
    for (const behind of ["\r\n", "x", text]) {
      expect(read(text + behind)).toEqual(surplus);
      expect(readPieces([...cut(text, []), Buffer.from(behind)])).toEqual(surplus);
    }
  });
});

describe("headers", () => {
  test("names · are lower case; spaces around values · are dropped", () => {
    const { heads } = read(
      "HTTP/1.1 200 OK\r\nX-A:  a\tb  \r\nX-Empty:\r\nx-a: c\r\nContent-Length:0\r\n\r\n",
    );
    expect(heads).toEqual([
      { status: 200, headers: { "x-a": ["a\tb", "c"], "x-empty": "", "content-length": "0" } },
    ]);
  });

  test("a header named __proto__ · is a header like any other", () => {
    const [head] = read("HTTP/1.1 200 OK\r\n__proto__: x\r\nContent-Length: 0\r\n\r\n").heads;
    expect(Object.entries(head?.headers ?? {})).toEqual([
      ["__proto__", "x"],
      ["content-length", "0"],
    ]);
  });

  test("128 of them · pass; one more · does not", () => {
    const answer = (count: number) => `HTTP/1.1 204 No\r\n${"X: y\r\n".repeat(count)}\r\n`;
    expect(read(answer(128)).outcome).toBe("complete");
    expect(read(answer(129)).outcome).toBe("HTTP1_INVALID_RESPONSE");
  });

  test("16 KiB of them · pass; one byte more · does not, nor does a head without an end", () => {
    const answer = (length: number) => `HTTP/1.1 204 No\r\nX: ${"y".repeat(length - 24)}\r\n\r\n`;
    const limit = 16_384;
    expect(answer(limit)).toHaveLength(limit);
    for (const cuts of [[], [100], [limit - 1]]) {
      expect(readPieces(cut(answer(limit), cuts)).outcome).toBe("complete");
      expect(readPieces(cut(answer(limit + 1), cuts)).outcome).toBe("HTTP1_INVALID_RESPONSE");
    }
    expect(read(answer(limit + 50_000).slice(0, limit)).outcome).toBe("HTTP1_INVALID_RESPONSE");
  });
});

describe("content", () => {
  test("of many chunks in one read · is handed on as one piece", () => {
    const pieces: string[] = [];
    const reader = new ResponseReader({
      onHead: () => undefined,
      onData: (bytes) => pieces.push(bytes.toString()),
    });
    const text = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${"3\r\nabc\r\n".repeat(50)}0\r\n\r\n`;
    expect(reader.push(Buffer.from(text), text.length)).toBe("complete");
    expect(pieces).toEqual(["abc".repeat(50)]);
  });

  test("handed on · stays as it is when the buffer is read into again", () => {
    const pieces: Buffer[] = [];
    const reader = new ResponseReader({ onHead: () => undefined, onData: (bytes) => pieces.push(bytes) });
    const buffer = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    reader.push(buffer, buffer.length);
    buffer.fill("x");
    reader.push(buffer, 3);
    expect(Buffer.concat(pieces).toString()).toBe("abcxxx");
  });

  test("of megabytes · arrives byte for byte", () => {
    const body = Buffer.alloc(1_000_000, "0123456789abcdef\r\n").toString("latin1");
    const sized = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nF4240\r\n${body}\r\n0\r\n\r\n`;
    for (const text of [sized, chunked]) {
      const reads = Array.from(
        { length: Math.ceil(text.length / 65_536) - 1 },
        (_, index) => (index + 1) * 65_536,
      );
      const reading = readPieces(cut(text, reads));
      expect(reading.outcome).toBe("complete");
      expect(reading.body === body).toBe(true);
    }
  });
});
