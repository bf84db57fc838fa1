import { describe, expect, test } from "vitest";
import type { Codec } from "../adapter.ts";
import { adapterFor } from "../adapters/registry.ts";
import { readModelCall } from "../model-call.ts";
import { ownSignature, providerSignature } from "./own-thinking.ts";

const hello = { role: "user", content: "hi" };

/** The body that Anthropic gets. */
function sent(body: string): string {
  const call = readModelCall("messages", Buffer.from(body));
  const codec = adapterFor("anthropic").operations.messages;
  return codec?.encodeRequest({ call, upstreamModel: call.model, maxOutputTokens: null }).toString() ?? "";
}

describe("thought that is not Anthropic's", () => {
  const own = { type: "thinking", thinking: "hm", signature: ownSignature("sig") };
  const theirs = { type: "thinking", thinking: "hm", signature: "EqoB" };
  const text = { type: "text", text: "a" };

  test("is taken out of what goes there, and nothing else changes", () => {
    const body = (...messages: object[]) =>
      `{ "model":"m", "max_tokens": 1, "messages":${JSON.stringify(messages)} ,"new": 1.0}`;
    const turn = (...content: object[]) => ({ role: "assistant", content });
    expect(sent(body(hello, turn(own, theirs, text), hello))).toBe(body(hello, turn(theirs, text), hello));
    expect(sent(body(hello, turn(own), hello))).toBe(body(hello, hello));
    const quoting = body(hello, turn({ type: "text", text: JSON.stringify(own) }), hello);
    expect(sent(quoting)).toBe(quoting);
  });

  test("Google's signature · comes back to Google with its call", () => {
    const google = adapterFor("google").operations.messages as Codec;
    const functionCall = { name: "f", args: { a: 1 } };
    const part = { functionCall, thoughtSignature: "google's" };
    const answer = { candidates: [{ content: { parts: [part] }, finishReason: "STOP" }], responseId: "r" };
    const callOf = (messages: object[]) =>
      readModelCall("messages", Buffer.from(JSON.stringify({ model: "m", max_tokens: 9, messages })));
    const identity = { id: "msg_1", created: 0, model: "m" };
    const context = { call: callOf([hello]), identity };
    const { content } = JSON.parse(
      google.decodeResponse(Buffer.from(JSON.stringify(answer)), context).bytes.toString(),
    );
    const use = content.find(({ type }: { type: string }) => type === "tool_use");
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "ok" }] };
    const call = callOf([hello, { role: "assistant", content }, result]);
    const second = google.encodeRequest({ call, upstreamModel: "gemini-3-pro", maxOutputTokens: null });
    expect(JSON.parse(second.toString()).contents[1]).toEqual({ role: "model", parts: [part] });
  });

  test("a provider's signature · is found again, and none where there is none", () => {
    expect(providerSignature(ownSignature("sig"))).toBe("sig");
    expect(providerSignature(ownSignature(""))).toBeNull();
    expect(providerSignature("EqoB")).toBeNull();
  });
});
