import { describe, expect, test } from "vitest";
import type { StreamDecoder } from "../../adapter.ts";
import { readModelCall } from "../../model-call.ts";
import { streamDecoder } from "./decode-stream.ts";

const open = (): StreamDecoder =>
  streamDecoder({
    call: readModelCall("chat-completions", Buffer.from('{"model":"gpt","messages":[1],"stream":true}')),
  });

const delta = (content: string) => `data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`;
const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}\n\n';
const usageChunk = 'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n';
const counted = { input_tokens: 7, cached_input_tokens: 0, output_tokens: 3, reasoning_tokens: 0 };
const done = "data: [DONE]\n\n";

describe("streamDecoder's memory", () => {
  describe("an event beyond 1 MiB", () => {
    const giant = `data: {"choices":[{"delta":{"content":"${"x".repeat(1_500_000)}"}}]}\n\n`;

    test("in pieces · passes as it comes, is held no longer than the limit, and the rest is read", () => {
      const decoder = open();
      const stream = Buffer.from(giant + finish + usageChunk + done);
      let out = 0;
      let mostHeld = 0;
      for (let at = 0; at < stream.length; at += 65_536) {
        out += decoder.push(stream.subarray(at, at + 65_536)).length;
        mostHeld = Math.max(mostHeld, Math.min(at + 65_536, stream.length) - out);
      }
      decoder.end();
      expect(out).toBe(giant.length + finish.length);
      expect(mostHeld).toBeLessThanOrEqual(1_048_576 + 65_536);
      expect(decoder.takeTail().toString()).toBe(done);
      expect(decoder.state).toMatchObject({
        events: 4,
        contentEvents: 1,
        usage: counted,
        unreadableEvents: 1,
      });
    });

    test("that never ends · is passed on", () => {
      const decoder = open();
      const lengths = [`data: ${"x".repeat(700_000)}`, "y".repeat(700_000), "z"].map(
        (text) => decoder.push(Buffer.from(text)).length,
      );
      expect(lengths).toEqual([0, 6 + 1_400_000, 1]);
    });
  });

  describe("copying", () => {
    test("a chunk of whole events · is handed on as the very same buffer", () => {
      const chunk = Buffer.from(delta("a") + delta("b"));
      expect(open().push(chunk)).toBe(chunk);
    });

    test("a usage chunk at the edge · leaves a view of the rest", () => {
      const chunk = Buffer.from(delta("a") + usageChunk);
      const out = open().push(chunk);
      expect(out.toString()).toBe(delta("a"));
      expect(out.buffer).toBe(chunk.buffer);
    });

    test("a usage chunk in the middle · joins what stands around it", () => {
      const out = open().push(Buffer.from(delta("a") + usageChunk + delta("b")));
      expect(out.toString()).toBe(delta("a") + delta("b"));
    });

    test("an event begun in the chunk before · comes ahead of the new chunk's", () => {
      const decoder = open();
      const text = delta("ab");
      expect(decoder.push(Buffer.from(text.slice(0, 20))).length).toBe(0);
      expect(decoder.push(Buffer.from(text.slice(20) + delta("c"))).toString()).toBe(text + delta("c"));
    });
  });
});
