import { describe, expect, it } from "vitest";
import { createResponseReader } from "./response-reader.ts";

function read(pieces: readonly string[]): string[] {
  const seen: string[] = [];
  let body = "";
  const feed = createResponseReader({
    head: (status) => seen.push(`head ${status}`),
    body: (bytes) => {
      body += bytes.toString("latin1");
    },
    end: () => {
      seen.push(`body ${body}`);
      body = "";
    },
  });
  for (const piece of pieces) feed(Buffer.from(piece, "latin1"));
  return seen;
}

const sized = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const empty = "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n";
const chunked =
  "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\na;x=1\r\n0123456789\r\n0\r\nt: 1\r\n\r\n";
const both = `${sized}${chunked}${empty}${sized}`;
const expected = ["head 200", "body hello", "head 201", "body abc0123456789", "head 503", "body "].concat([
  "head 200",
  "body hello",
]);

describe("createResponseReader", () => {
  it("answers one after the other · each with its status and body", () => {
    expect(read([both])).toEqual(expected);
  });

  it("any cut · the same answers", () => {
    for (let cut = 1; cut < both.length; cut++) {
      expect(read([both.slice(0, cut), both.slice(cut)])).toEqual(expected);
    }
    expect(read([...both])).toEqual(expected);
  });

  it("informational answer · passed over", () => {
    expect(read([`HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n${sized}`])).toEqual(["head 200", "body hello"]);
  });

  it.each([
    ["HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", "neither a length nor chunks"],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", "not the size"],
  ])("%j · refused", (bytes, words) => {
    expect(() => read([bytes])).toThrow(words);
  });
});
