import { describe, expect, test } from "vitest";
import type { Codec, Operation } from "../adapter.ts";
import { readModelCall } from "../model-call.ts";
import { subjects } from "./subjects.test-subject.ts";

/** What stands where a provider promises something else. */
const strange: readonly unknown[] = [null, {}, [], [null], "x", 5, false];
const identity = { id: "own", created: 0, model: "upstream-model" };
const body = { model: "requested", max_tokens: 9, messages: [{ role: "user", content: "hi" }], stream: true };

const cases = subjects.flatMap((subject) =>
  (["chat-completions", "messages"] as const).map((operation) => ({ ...subject, operation })),
);

const contextOf = (operation: Operation) => ({
  call: readModelCall(operation, Buffer.from(JSON.stringify(body))),
  identity,
});

/** The value with each of its parts in turn replaced by each of the strange ones, itself too. */
function* distorted(value: unknown): Generator<unknown> {
  yield* strange;
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    for (const other of distorted(member)) {
      yield Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other };
    }
  }
}

/** The stream with each of its events in turn distorted. */
function* distortedStreams(stream: string): Generator<string> {
  const events = stream.split(/\r?\n\r?\n/).filter((event) => event.includes("data: {"));
  for (const [index, event] of events.entries()) {
    const [name = "", data = ""] = event.split("data: ");
    for (const other of distorted(JSON.parse(data))) {
      const all = events.with(index, `${name}data: ${JSON.stringify(other)}`);
      yield all.map((one) => `${one}\n\n`).join("");
    }
  }
}

describe.each(cases)("$operation over $name", ({ adapter, operation, wholeAnswer, stream }) => {
  const codec = adapter.operations[operation] as Codec;
  const context = contextOf(operation);

  test("an answer with anything in the place of anything · is read without an exception", () => {
    for (const answer of distorted(JSON.parse(wholeAnswer.body))) {
      expect(() => codec.decodeResponse(Buffer.from(JSON.stringify(answer)), context)).not.toThrow();
    }
  });

  test("a stream with anything in the place of anything · is read without an exception", () => {
    for (const text of distortedStreams(stream.body)) {
      const decoder = codec.streamDecoder(context);
      expect(() => decoder.push(Buffer.from(text))).not.toThrow();
      expect(() => decoder.end()).not.toThrow();
      expect(() => decoder.takeTail()).not.toThrow();
    }
  });
});
