import { describe, expect, test } from "vitest";
import { cut, read, readPieces } from "./response.test-subject.ts";

const ok = "HTTP/1.1 200 OK\r\n";
const sized = `${ok}Content-Length: 5\r\n`;
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

/** Bytes that are no answer, or that two parsers could read differently. */
const hostile: [string, string][] = [
  ["no HTTP", "SSH-2.0-OpenSSH_9.6\r\n"],
  ["no HTTP and no line end", "\x16\x03\x01\x02\x00"],
  ["a blank line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"],
  ["HTTP/2", "HTTP/2.0 200 OK\r\n\r\n"],
  ["HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"],
  ["HTTP/0.9", "<html>hello</html>"],
  ["a lower-case version", "http/1.1 200 OK\r\n\r\n"],
  ["two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"],
  ["a tab before the status", "HTTP/1.1\t200 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["a status of letters", "HTTP/1.1 2OO OK\r\n\r\n"],
  ["a negative status", "HTTP/1.1 -20 OK\r\n\r\n"],
  ["status 000", "HTTP/1.1 000 OK\r\n\r\n"],
  ["status 099", "HTTP/1.1 099 OK\r\n\r\n"],
  ["no status", "HTTP/1.1\r\n\r\n"],
  ["a NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"],
  ["bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"],
  ["one bare line feed", `${ok}A: b\nContent-Length: 5\r\n\r\nhello`],
  ["a bare line feed before the blank line", `${sized.slice(0, -2)}\n\r\nhello`],
  ["a bare carriage return in a value", `${ok}A: b\rContent-Length: 5\r\n\r\n`],
  ["a carriage return too many", `${ok}A: b\r\r\nContent-Length: 5\r\n\r\n`],
  ["a folded line", `${ok}A: b\r\n c\r\n\r\n`],
  ["a line folded with a tab", `${ok}A: b\r\n\tc\r\n\r\n`],
  ["white space before a colon", `${ok}Content-Length : 5\r\n\r\nhello`],
  ["white space before a name", `${ok} Content-Length: 5\r\n\r\nhello`],
  ["no colon", `${ok}Content-Length\r\n\r\n`],
  ["no name", `${ok}: 5\r\n\r\n`],
  ["a NUL in a name", `${ok}Content\0Length: 5\r\n\r\n`],
  ["a NUL in a value", `${ok}A: b\0c\r\n\r\n`],
  ["a delete character in a value", `${ok}A: b\x7fc\r\n\r\n`],
  ["a name beyond ASCII", `${ok}X-\xe9: 5\r\n\r\n`],
  ["a name with a separator", `${ok}X(a): 5\r\n\r\n`],
  ["a length and chunks", `${sized}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["chunks and a length", `${ok}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
  ["a length and identity", `${sized}Transfer-Encoding: identity\r\n\r\nhello`],
  ["two lengths", `${sized}Content-Length: 6\r\n\r\nhello`],
  ["the same length twice", `${sized}Content-Length: 5\r\n\r\nhello`],
  ["a list of lengths", `${ok}Content-Length: 5, 5\r\n\r\nhello`],
  ["a signed length", `${ok}Content-Length: +5\r\n\r\nhello`],
  ["a negative length", `${ok}Content-Length: -5\r\n\r\nhello`],
  ["a hexadecimal length", `${ok}Content-Length: 0x5\r\n\r\nhello`],
  ["a length with a fraction", `${ok}Content-Length: 5.0\r\n\r\nhello`],
  ["an empty length", `${ok}Content-Length: \r\n\r\n`],
  ["a length beyond all numbers", `${ok}Content-Length: 99999999999999999999\r\n\r\n`],
  ["gzip, chunked", `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ["chunked, chunked", `${ok}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`],
  ["chunked twice", `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["chunked and identity", `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
  ["xchunked", `${ok}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ["chunked in quotes", `${ok}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  ["chunked with a tab", `${ok}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`],
  ["chunked with a vertical tab", `${ok}Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n`],
  ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a change of protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
  ["interim answers without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(9)],
  [
    "an interim answer with a length and chunks",
    "HTTP/1.1 103 x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
  ["an empty chunk size", `${chunked}\r\nhello`],
  ["a chunk size of letters", `${chunked}xyz\r\nhello`],
  ["a chunk size with a prefix", `${chunked}0x5\r\nhello\r\n0\r\n\r\n`],
  ["a signed chunk size", `${chunked}+5\r\nhello\r\n0\r\n\r\n`],
  ["a negative chunk size", `${chunked}-5\r\nhello\r\n0\r\n\r\n`],
  ["a space behind a chunk size", `${chunked}5 \r\nhello\r\n0\r\n\r\n`],
  ["a space before a chunk size", `${chunked} 5\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size of 13 digits", `${chunked}0000000000005\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size beyond all numbers", `${chunked}FFFFFFFFFFFFFFFF\r\nhello`],
  ["a chunk size ended by a bare line feed", `${chunked}5\nhello\r\n0\r\n\r\n`],
  ["a chunk size ended by a bare carriage return", `${chunked}5\rhello\r\n0\r\n\r\n`],
  ["a chunk size with a NUL", `${chunked}5\0\r\nhello\r\n0\r\n\r\n`],
  ["a chunk longer than its size", `${chunked}4\r\nhello\r\n0\r\n\r\n`],
  ["a chunk shorter than its size", `${chunked}6\r\nhello\r\n0\r\n\r\n`],
  ["no line end behind a chunk", `${chunked}5\r\nhello0\r\n\r\n`],
  ["a bare line feed behind a chunk", `${chunked}5\r\nhello\n0\r\n\r\n`],
  ["an extension with a bare line feed", `${chunked}5;a\nhello\r\n0\r\n\r\n`],
  ["an extension with a NUL", `${chunked}5;a\0\r\nhello\r\n0\r\n\r\n`],
  ["an extension without a name", `${chunked}5;\r\nhello\r\n0\r\n\r\n`],
  ["an extension without a value", `${chunked}5;a=\r\nhello\r\n0\r\n\r\n`],
  ["an extension with an open quote", `${chunked}5;a="b\r\nhello\r\n0\r\n\r\n`],
  ["an extension of 2 KB", `${chunked}5;${"a".repeat(2_000)}\r\nhello\r\n0\r\n\r\n`],
  ["a bare line feed as the end", `${chunked}0\r\n\n`],
  ["a trailer without a colon", `${chunked}0\r\nabc\r\n\r\n`],
  ["a trailer with a bare line feed", `${chunked}0\r\nA: b\n\r\n`],
  ["a folded trailer", `${chunked}0\r\nA: b\r\n c\r\n\r\n`],
  ["trailers without end", `${chunked}0\r\n${"A: b\r\n".repeat(3_000)}`],
];

describe("a hostile upstream", () => {
  test.each(hostile)("%s · is refused", (_name, text) => {
    expect(read(text).outcome).toBe("HTTP1_INVALID_RESPONSE");
  });

  test.each(hostile)("%s, byte for byte · is refused as well", (_name, text) => {
    const cuts = [...text].map((_, index) => index);
    expect(readPieces(cut(text, cuts)).outcome).toBe("HTTP1_INVALID_RESPONSE");
  });

  test("a head in drops · costs no more than its bytes", () => {
    const text = `${ok}X: ${"y".repeat(16_000)}\r\nContent-Length: 0\r\n\r\n`;
    const cuts = [...text].map((_, index) => index);
    expect(readPieces(cut(text, cuts)).outcome).toBe("complete");
  });
});
