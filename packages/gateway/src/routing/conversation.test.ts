import { describe, expect, test } from "vitest";
import { readModelCall } from "../model-call.ts";
import { conversationOf } from "./conversation.ts";

const of = (members: object) =>
  conversationOf(
    readModelCall("chat-completions", Buffer.from(JSON.stringify({ model: "m", messages: [1], ...members }))),
  );

const system = { role: "system", content: 'Say "hi" in {braces], \\" and so on.' };
const user = { role: "user", content: "What is a gateway?" };
const answer = { role: "assistant", content: "A door." };
const more = { role: "user", content: "And a router?" };

describe("conversationOf", () => {
  test("a conversation that grows · the same number with every turn", () => {
    const first = of({ messages: [system, user] });
    expect(first).not.toBeNull();
    expect(of({ messages: [system, user, answer, more] })).toBe(first);
    expect(of({ messages: [system, user, answer, more], temperature: 1, stream: true })).toBe(first);
  });

  test("another beginning · another number", () => {
    const first = of({ messages: [system, user] });
    expect(of({ messages: [user] })).not.toBe(first);
    expect(of({ messages: [system, more] })).not.toBe(first);
    expect(of({ messages: [{ ...system, content: "Be brief." }, user] })).not.toBe(first);
  });

  test("prompt_cache_key · decides alone", () => {
    const named = of({ prompt_cache_key: "user-7", messages: [system, user] });
    expect(of({ prompt_cache_key: "user-7", messages: [more] })).toBe(named);
    expect(of({ prompt_cache_key: "user-8", messages: [system, user] })).not.toBe(named);
  });

  test.each(["", null, 7])("prompt_cache_key %j · says nothing, so the messages do", (key) => {
    expect(of({ prompt_cache_key: key, messages: [user] })).toBe(of({ messages: [user] }));
  });

  test("cache_control that moves on with the turns · is no part of the beginning", () => {
    const mark = { cache_control: { type: "ephemeral" } };
    const text = { type: "text", text: "What is a gateway?" };
    const marked = of({ messages: [{ role: "user", content: [{ ...text, ...mark }] }] });
    const moved = of({
      messages: [
        { role: "user", content: [text] },
        { role: "user", content: [{ ...text, ...mark }] },
      ],
    });
    expect(marked).toBe(moved);
    expect(marked).not.toBe(of({ messages: [{ role: "user", content: [{ ...text, text: "?" }] }] }));
  });

  test.each([[[system]], [[1]], [[system, "user"]], [[{ role: 7 }]], [[{ role: ["user"] }]]])(
    "%j · has no beginning to tell it by",
    (messages) => {
      expect(of({ messages })).toBeNull();
    },
  );

  test("a body without messages · null", () => {
    const call = readModelCall("embeddings", Buffer.from('{"model":"m","input":"text"}'));
    expect(conversationOf(call)).toBeNull();
  });
});
