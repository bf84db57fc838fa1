import { describe, expect, test } from "vitest";
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

  test("a provider's signature · is found again, and none where there is none", () => {
    expect(providerSignature(ownSignature("sig"))).toBe("sig");
    expect(providerSignature(ownSignature(""))).toBeNull();
    expect(providerSignature("EqoB")).toBeNull();
  });
});
