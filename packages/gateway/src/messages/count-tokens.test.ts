import { describe, expect, test } from "vitest";
import { readModelCall } from "../model-call.ts";
import { estimateMessageTokens } from "./count-tokens.ts";

const countOf = (members: object) =>
  estimateMessageTokens(
    readModelCall("count-tokens", Buffer.from(JSON.stringify({ model: "m", messages: [1], ...members }))),
  );

describe("an estimate of tokens", () => {
  test("is a third of the bytes of what the model reads", () => {
    expect(countOf({ messages: ["a".repeat(296)] })).toBe(100);
    const more = {
      system: "s".repeat(298),
      tools: ["t".repeat(296)],
      max_tokens: 1,
      metadata: { a: "unread" },
    };
    expect(countOf({ messages: ["a".repeat(296)], ...more })).toBe(300);
  });

  test("takes a picture for what it takes at most, however many bytes it has", () => {
    const image = (data: string) => ({
      type: "image",
      source: { type: "base64", media_type: "image/png", data },
    });
    const turn = (data: string) => ({ messages: [{ role: "user", content: [image(data), image(data)] }] });
    expect(countOf(turn("A".repeat(100_000)))).toBe(countOf(turn("A")));
    expect(countOf(turn("A"))).toBeGreaterThanOrEqual(3_200);
    expect(countOf(turn("A"))).toBeLessThan(3_250);
  });
});
