import { describe, expect, test } from "vitest";
import type { FinishReason } from "../chat/answer.ts";
import type { Delta } from "../chat/stream-format.ts";
import { readModelCall } from "../model-call.ts";
import { readMessageStream } from "./read-stream.test-fixture.ts";
import { MessagesStreamFormat } from "./stream-format.ts";

const usage = { input_tokens: 10, cached_input_tokens: 3, output_tokens: 7, reasoning_tokens: 2 };
const identity = { id: "msg_own", created: 0, model: "upstream-model" };

/** What a client makes of these pieces. */
function written(deltas: Delta[], { members = {}, reason = "stop" as FinishReason } = {}) {
  const body = JSON.stringify({ model: "m", messages: [1], ...members });
  const format = new MessagesStreamFormat(identity, readModelCall("messages", Buffer.from(body)));
  const text = deltas.map((delta) => format.delta(delta, null)).join("");
  return readMessageStream(text + format.ending(reason, usage));
}

const text = (words: string): Delta => ({ kind: "text", text: words });
const reasoning = (words: string): Delta => ({ kind: "reasoning", text: words });
const call = (index: number, signature?: string): Delta => ({
  kind: "tool-call",
  index,
  id: `call_${index}`,
  name: `f${index}`,
  ...(signature === undefined ? {} : { extra: { google: { thought_signature: signature } } }),
});
const argument = (index: number, words: string): Delta => ({ kind: "tool-arguments", index, text: words });
const use = (index: number, input: object) => ({
  type: "tool_use",
  id: `call_${index}`,
  name: `f${index}`,
  input,
});
const thinking = { thinking: { type: "adaptive" } };

describe("the frame", () => {
  test("nothing but a role · a message without blocks, with its usage", () => {
    const { message, types } = written([{ kind: "role" }]);
    expect(types).toEqual(["message_start", "ping", "message_delta", "message_stop"]);
    expect(message).toEqual({
      id: "msg_own",
      type: "message",
      role: "assistant",
      model: "upstream-model",
      content: [],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: {
        input_tokens: 7,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 3,
        output_tokens: 7,
        output_tokens_details: { thinking_tokens: 2 },
      },
    });
  });

  test.each([
    ["stop", "end_turn"],
    ["length", "max_tokens"],
    ["tool_calls", "tool_use"],
    ["content_filter", "refusal"],
  ] as const)("%s · is %s", (reason, expected) => {
    expect(written([text("a")], { reason }).message.stop_reason).toBe(expected);
  });

  test("words of refusal · are text, and the reason", () => {
    const { message } = written([{ kind: "refusal", text: "no" }]);
    expect(message).toMatchObject({ content: [{ type: "text", text: "no" }], stop_reason: "refusal" });
  });
});

describe("thought", () => {
  test("for who asked · is a block with a signature that says whose it is", () => {
    const { message } = written([reasoning("h"), reasoning("m"), text("a")], { members: thinking });
    expect(message.content).toEqual([
      { type: "thinking", thinking: "hm", signature: "perpetuo:" },
      { type: "text", text: "a" },
    ]);
  });

  test.each([{}, { thinking: { type: "disabled" } }, { thinking: { type: "enabled", display: "omitted" } }])(
    "for %j · is left out",
    (members) => {
      expect(written([reasoning("hm"), text("a")], { members }).message.content).toEqual([
        { type: "text", text: "a" },
      ]);
    },
  );

  test("a provider's signature · stands at the end of the thought before its call, shown or not", () => {
    const deltas = [reasoning("hm"), call(0, "s0"), argument(0, "{}"), call(1, "s1"), argument(1, "{}")];
    const empty = (signature: string) => ({ type: "thinking", thinking: "", signature });
    expect(written(deltas, { members: thinking }).message.content).toEqual([
      { type: "thinking", thinking: "hm", signature: "perpetuo:s0" },
      use(0, {}),
      empty("perpetuo:s1"),
      use(1, {}),
    ]);
    expect(written(deltas).message.content).toEqual([
      empty("perpetuo:s0"),
      use(0, {}),
      empty("perpetuo:s1"),
      use(1, {}),
    ]);
  });
});

describe("tools", () => {
  test("one after the other, behind a text · are blocks in order", () => {
    const { message, types } = written([
      text("a"),
      call(0),
      argument(0, '{"a":'),
      argument(0, "1}"),
      call(1),
      argument(1, '{"b":2}'),
    ]);
    expect(message.content).toEqual([{ type: "text", text: "a" }, use(0, { a: 1 }), use(1, { b: 2 })]);
    expect(types.filter((type) => type === "content_block_delta")).toHaveLength(4);
  });

  test.each([
    [
      "in turns",
      [call(0), call(1), argument(0, '{"a"'), argument(1, '{"b"'), argument(0, ":1}"), argument(1, ":2}")],
    ],
    ["announced first", [call(0), call(1), argument(1, '{"b":2}'), argument(0, '{"a":1}')]],
    [
      "of which the first never ends",
      [call(0), call(1), argument(1, '{"b":2}'), argument(0, '{"a":1'), argument(0, "}")],
    ],
  ])("%s · are blocks in order all the same", (_name, deltas) => {
    expect(written(deltas).message.content).toEqual([use(0, { a: 1 }), use(1, { b: 2 })]);
  });

  test("a call whose provider says `stop` · is there to be carried out", () => {
    expect(written([call(0), argument(0, "{}")]).message.stop_reason).toBe("tool_use");
    expect(written([call(0), argument(0, "{}")], { reason: "length" }).message.stop_reason).toBe(
      "max_tokens",
    );
  });

  test("of which the first has no end · keeps no more of the others waiting than there is room for", () => {
    const body = JSON.stringify({ model: "m", messages: [1] });
    const format = new MessagesStreamFormat(identity, readModelCall("messages", Buffer.from(body)));
    const pieces = [
      call(0),
      argument(0, "{"),
      call(1),
      ...Array.from({ length: 1_000 }, () => argument(1, "x".repeat(10_000))),
    ];
    const length = pieces.reduce((sum, piece) => sum + format.delta(piece, null).length, 0);
    expect(length).toBeGreaterThan(1_000 * 10_000);
  });

  test("without arguments · have an empty input", () => {
    expect(written([call(0), call(1), call(2)]).message.content).toEqual([
      use(0, {}),
      use(1, {}),
      use(2, {}),
    ]);
    expect(written([call(0), call(1), text("a")]).message.content).toEqual([
      use(0, {}),
      use(1, {}),
      { type: "text", text: "a" },
    ]);
  });

  test("ids · have Anthropic's letters, and there is always one", () => {
    const named = (id: string): Delta => ({ kind: "tool-call", index: 0, id, name: "f" });
    expect(written([named("functions.f:0")]).message.content[0]?.["id"]).toBe("functions_f_0");
    expect(written([named("")]).message.content[0]?.["id"]).toBe("toolu_msg_own_0");
  });
});
