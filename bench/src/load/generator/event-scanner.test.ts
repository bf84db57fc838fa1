import { describe, expect, it } from "vitest";
import { createEventScanner, type FoundStamp } from "./event-scanner.ts";

const opening = 'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n';
const event = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
const stream = `${opening}${event("1234567 ")}${event("word ")}${event("1234999 ").replace(":", ": ")}data: [DONE]\n\n`;

function scan(pieces: readonly string[]): FoundStamp[] {
  const found: FoundStamp[] = [];
  const feed = createEventScanner((stamp) => found.push(stamp));
  for (const piece of pieces) feed(Buffer.from(piece));
  return found;
}

describe("createEventScanner", () => {
  it("content chunks · their stamps, null for words, nothing for empty ones", () => {
    expect(scan([stream])).toEqual([1_234_567, null, 1_234_999]);
  });

  it("any cut · each chunk once", () => {
    for (let cut = 1; cut < stream.length; cut++) {
      expect(scan([stream.slice(0, cut), stream.slice(cut)])).toEqual([1_234_567, null, 1_234_999]);
    }
    expect(scan([...stream])).toEqual([1_234_567, null, 1_234_999]);
  });
});
