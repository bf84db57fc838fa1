import { describe, expect, test } from "vitest";
import type { Codec, Operation } from "../adapter.ts";
import { cohereWire } from "../adapters/cohere/index.ts";
import { googleWire } from "../adapters/google/index.ts";
import { readModelCall } from "../model-call.ts";

/** Answers with a call of `first` and one of `second`, whole and streamed, on the wires that cannot be told to call one tool only. */

const functionCalls = ["first", "second"].map((name) => ({ functionCall: { name, args: { a: 1 } } }));
const googleAnswer = (parts: object[], end: object) => ({ candidates: [{ content: { parts }, ...end }] });
const toolCall = (name: string) => ({ id: name, type: "function", function: { name, arguments: '{"a":1}' } });
const sse = (events: object[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

const wires = [
  {
    name: "google",
    adapter: googleWire,
    whole: googleAnswer(functionCalls, { finishReason: "STOP" }),
    events: [
      ...functionCalls.map((part) => googleAnswer([part], {})),
      googleAnswer([], { finishReason: "STOP" }),
    ],
  },
  {
    name: "cohere",
    adapter: cohereWire,
    whole: {
      id: "c1",
      message: { tool_calls: ["first", "second"].map(toolCall) },
      finish_reason: "TOOL_CALL",
    },
    events: [
      { type: "message-start", id: "c1" },
      ...["first", "second"].flatMap((name, index) => [
        { type: "tool-call-start", index, delta: { message: { tool_calls: toolCall(name) } } },
        { type: "tool-call-end", index },
      ]),
      { type: "message-end", delta: { finish_reason: "TOOL_CALL" } },
    ],
  },
];

const requests: { operation: Operation; one: object; ended: string }[] = [
  { operation: "chat-completions", one: { parallel_tool_calls: false }, ended: '"tool_calls"' },
  {
    operation: "messages",
    one: { max_tokens: 9, tool_choice: { type: "auto", disable_parallel_tool_use: true } },
    ended: '"tool_use"',
  },
];

type Wire = (typeof wires)[number];

/** The whole answer and the stream as the client sees them. */
function answersOf({ adapter, whole, events }: Wire, operation: Operation, members: object): string[] {
  const codec = adapter.operations[operation] as Codec;
  const body = { model: "m", messages: [{ role: "user", content: "hi" }], ...members };
  const call = readModelCall(operation, Buffer.from(JSON.stringify(body)));
  const context = { call, identity: { id: "own", created: 1_700_000_000, model: "m" } };
  const decoder = codec.streamDecoder(context);
  const begun = decoder.push(Buffer.from(sse(events))).toString();
  decoder.end();
  return [
    codec.decodeResponse(Buffer.from(JSON.stringify(whole)), context).bytes.toString(),
    begun + decoder.takeTail().toString(),
  ];
}

describe.each(wires)("$name", (wire) => {
  test.each(requests)(
    "$operation · all calls, or the first where one is asked for",
    ({ operation, one, ended }) => {
      for (const text of answersOf(wire, operation, { max_tokens: 9 })) {
        expect(text).toContain('"first"');
        expect(text).toContain('"second"');
      }
      for (const text of answersOf(wire, operation, one)) {
        expect(text).toContain('"first"');
        expect(text).not.toContain('"second"');
        expect(text).toContain(ended);
      }
    },
  );
});
