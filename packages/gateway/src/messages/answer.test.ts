import { describe, expect, test } from "vitest";
import { type ChatAnswer, endedIn, type FinishReason, finished } from "../chat/answer.ts";
import { readModelCall } from "../model-call.ts";
import { messageObject } from "./answer.ts";

const body = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] };
const context = {
  call: readModelCall("messages", Buffer.from(JSON.stringify(body))),
  identity: { id: "msg_own", created: 0, model: "m" },
};

/** An answer that calls one tool with these arguments. */
function called(text: string, reason: FinishReason): ChatAnswer {
  return {
    id: null,
    model: null,
    text: null,
    reasoning: null,
    refusal: null,
    toolCalls: [{ id: "call_1", name: "f", arguments: text }],
    end: finished(reason),
    usage: null,
  };
}

describe("messageObject", () => {
  test.each([
    { text: '{"a":1}', reason: "tool_calls", input: { a: 1 }, word: "tool_use" },
    { text: '{"a":1}', reason: "stop", input: { a: 1 }, word: "tool_use" },
    { text: "", reason: "stop", input: {}, word: "tool_use" },
    { text: '{"a":1}', reason: "length", input: { a: 1 }, word: "max_tokens" },
    { text: '{"a":', reason: "length", input: {}, word: "max_tokens" },
  ] as const)(
    "a call with $text that ends in $reason · stop_reason $word",
    ({ text, reason, input, word }) => {
      expect(messageObject(called(text, reason), context)).toMatchObject({
        kind: "written",
        value: { content: [{ type: "tool_use", id: "call_1", input }], stop_reason: word },
      });
    },
  );

  test("arguments that are no object and that nothing cut off · a failure", () => {
    expect(messageObject(called('{"a":', "tool_calls"), context)).toMatchObject({ kind: "failed" });
    expect(messageObject({ ...called("[]", "stop"), end: endedIn("?") }, context).kind).toBe("failed");
  });
});
