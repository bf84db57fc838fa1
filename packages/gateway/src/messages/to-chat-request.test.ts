import { PerpetuoError } from "@perpetuo/contracts/errors";
import { describe, expect, test } from "vitest";
import { adapterFor } from "../adapters/registry.ts";
import { readModelCall } from "../model-call.ts";
import { ownSignature } from "./own-thinking.ts";
import { toChatRequest } from "./to-chat-request.ts";

const hello = [{ role: "user", content: "hi" }];
const callOf = (members: object) =>
  readModelCall(
    "messages",
    Buffer.from(JSON.stringify({ model: "m", max_tokens: 100, messages: hello, ...members })),
  );
const chatOf = (members: object) => JSON.parse(toChatRequest(callOf(members), "max_tokens").body.toString());
const messagesOf = (...messages: object[]) => chatOf({ messages }).messages;

/** The code and field of a refusal, from the translation or from an adapter behind it. */
function refusal(members: object, provider: "openai" | "google" | "cohere" = "openai") {
  try {
    const input = { call: callOf(members), upstreamModel: "u", maxOutputTokens: null };
    adapterFor(provider).operations.messages?.encodeRequest(input);
  } catch (error) {
    if (!(error instanceof PerpetuoError)) throw error;
    expect(error.message).toContain(`'${error.param}'`);
    return [error.code, error.param];
  }
  return null;
}

describe("fields", () => {
  test("of their own name · stay, and a stream asks for its usage", () => {
    const sampling = { temperature: 0.5, top_p: 0.9, top_k: 40 };
    expect(chatOf({ ...sampling, stop_sequences: ["a"], metadata: { user_id: "u" }, stream: true })).toEqual({
      model: "m",
      messages: hello,
      max_tokens: 100,
      ...sampling,
      stop: ["a"],
      user: "u",
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test("max_tokens · has the name that the provider knows", () => {
    const encode = (provider: "openai" | "groq") => {
      const input = { call: callOf({}), upstreamModel: "upstream", maxOutputTokens: null };
      return JSON.parse(adapterFor(provider).operations.messages?.encodeRequest(input).toString() ?? "");
    };
    expect(encode("openai")).toEqual({ model: "upstream", messages: hello, max_completion_tokens: 100 });
    expect(encode("groq")).toEqual({ model: "upstream", messages: hello, max_tokens: 100 });
  });

  test("a user that is longer than OpenAI's · is for the log alone", () => {
    const metadata = { user_id: "u".repeat(65) };
    expect(chatOf({ metadata })).not.toHaveProperty("user");
    expect(callOf({ metadata }).user).toBe(metadata.user_id);
  });

  test.each([
    [{ system: "be brief" }, "be brief"],
    [
      {
        system: [
          { type: "text", text: "b", cache_control: { type: "ephemeral" } },
          { type: "text", text: "a" },
        ],
      },
      "b\na",
    ],
  ])("%j · is the first message", (members, content) => {
    expect(chatOf(members).messages).toEqual([{ role: "system", content }, ...hello]);
  });

  test.each([
    [{ thinking: { type: "enabled", budget_tokens: 1_024 } }, "low"],
    [{ thinking: { type: "enabled", budget_tokens: 4_096 } }, "medium"],
    [{ thinking: { type: "enabled", budget_tokens: 16_384 } }, "high"],
    [{ thinking: { type: "adaptive" } }, undefined],
    [{ thinking: { type: "disabled" } }, undefined],
    [{ thinking: { type: "adaptive" }, output_config: { effort: "low" } }, "low"],
    [{ output_config: { effort: "max" } }, "xhigh"],
  ])("%j · is the effort %s", (members, effort) => {
    expect(chatOf(members).reasoning_effort).toBe(effort);
  });

  test.each([
    [{ properties: { a: {} }, required: ["a"], additionalProperties: false }, true],
    [{ properties: { a: {} }, additionalProperties: false }, undefined],
    [{ properties: { a: {} }, required: ["a"] }, undefined],
    [{ items: { properties: { a: {} } } }, undefined],
  ])("the format %j · is a response format, strict: %s", (schema, strict) => {
    const format = { type: "json_schema", schema };
    const expected = { name: "answer", schema, ...(strict ? { strict } : {}) };
    for (const members of [{ output_config: { format } }, { output_format: format }]) {
      expect(chatOf(members).response_format).toEqual({ type: "json_schema", json_schema: expected });
    }
  });
});

describe("tools", () => {
  const tool = { name: "weather", description: "d", input_schema: { type: "object" } };
  const translated = {
    type: "function",
    function: { name: "weather", description: "d", parameters: { type: "object" } },
  };

  test.each([
    [tool, translated],
    [
      { ...tool, type: "custom", cache_control: { type: "ephemeral" }, eager_input_streaming: true },
      translated,
    ],
    [
      { ...tool, strict: true },
      { ...translated, function: { ...translated.function, strict: true } },
    ],
  ])("%j · is a function", (given, expected) => {
    expect(chatOf({ tools: [given] }).tools).toEqual([expected]);
  });

  test.each([
    [{ type: "auto" }, "auto"],
    [{ type: "any" }, "required"],
    [{ type: "none" }, "none"],
    [
      { type: "tool", name: "weather" },
      { type: "function", function: { name: "weather" } },
    ],
  ])("the choice %j · is %j", (choice, expected) => {
    const { tool_choice, parallel_tool_calls } = chatOf({ tools: [tool], tool_choice: choice });
    expect([tool_choice, parallel_tool_calls]).toEqual([expected, undefined]);
  });

  test("one at a time · is said", () => {
    const tool_choice = { type: "auto", disable_parallel_tool_use: true };
    expect(chatOf({ tools: [tool], tool_choice }).parallel_tool_calls).toBe(false);
  });
});

describe("messages", () => {
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } };
  const link = { type: "image", source: { type: "url", url: "https://example.com/a.png" } };
  const text = (words: string) => ({ type: "text", text: words });
  const imagePart = (url: string) => ({ type: "image_url", image_url: { url } });

  test("text and images · stay in order", () => {
    const content = [text("a"), image, link, text("")];
    expect(messagesOf({ role: "user", content })).toEqual([
      {
        role: "user",
        content: [text("a"), imagePart("data:image/png;base64,AA=="), imagePart("https://example.com/a.png")],
      },
    ]);
    expect(messagesOf({ role: "user", content: [text("only")] })).toEqual([
      { role: "user", content: "only" },
    ]);
  });

  test("calls and their results · are messages of their own, and what the user adds comes behind", () => {
    const use = (id: string) => ({ type: "tool_use", id, name: "f", input: { a: 1 } });
    const result = (id: string, content?: unknown) => ({ type: "tool_result", tool_use_id: id, content });
    const call = (id: string) => ({ id, type: "function", function: { name: "f", arguments: '{"a":1}' } });
    expect(
      messagesOf(
        { role: "assistant", content: [text("let"), text(" me"), use("1"), use("2"), use("3")] },
        {
          role: "user",
          content: [
            result("1", "sunny"),
            { ...result("2", [text("a"), text("b")]), is_error: true },
            text("and?"),
            result("3"),
          ],
        },
      ),
    ).toEqual([
      { role: "assistant", content: "let me", tool_calls: [call("1"), call("2"), call("3")] },
      { role: "tool", tool_call_id: "1", content: "sunny" },
      { role: "tool", tool_call_id: "2", content: "Error: a\nb" },
      { role: "tool", tool_call_id: "3", content: "" },
      { role: "user", content: "and?" },
    ]);
  });

  test("an image of a result · follows as the user's", () => {
    const result = { type: "tool_result", tool_use_id: "1", content: [text("see"), link] };
    expect(messagesOf({ role: "user", content: [result] })).toEqual([
      { role: "tool", tool_call_id: "1", content: "see" },
      { role: "user", content: [text("From the result of 1:"), imagePart("https://example.com/a.png")] },
    ]);
  });

  test("thought · stays behind, but a provider's signature goes with its call", () => {
    const use = { type: "tool_use", id: "1", name: "f", input: {} };
    const thought = (signature: string) => ({ type: "thinking", thinking: "hm", signature });
    const call = { id: "1", type: "function", function: { name: "f", arguments: "{}" } };
    const turn = (...content: object[]) => messagesOf({ role: "assistant", content }, ...hello)[0];
    expect(turn(thought("anthropic's"), { type: "redacted_thinking", data: "x" }, use)).toEqual({
      role: "assistant",
      content: null,
      tool_calls: [call],
    });
    expect(turn(thought(ownSignature("sig")), use, { ...use, id: "2" }).tool_calls).toEqual([
      { ...call, extra_content: { google: { thought_signature: "sig" } } },
      { ...call, id: "2" },
    ]);
    expect(messagesOf({ role: "assistant", content: [thought("x")] }, ...hello)).toEqual(hello);
  });

  test("instructions in the middle · keep their place", () => {
    const system = { role: "system", content: [text("now"), text("brief")] };
    expect(messagesOf(...hello, system, ...hello)).toEqual([
      ...hello,
      { role: "system", content: "now\nbrief" },
      ...hello,
    ]);
  });
});

describe("what cannot be said to another provider", () => {
  const user = (block: object) => ({ messages: [{ role: "user", content: [block] }] });
  test.each([
    [{ container: "c" }, "container"],
    [{ mcp_servers: [] }, "mcp_servers"],
    [{ inference_geo: "us" }, "inference_geo"],
    [
      { context_management: { edits: [{ type: "clear_tool_uses_20250919" }] } },
      "context_management.edits[0]",
    ],
    [{ tools: [{ type: "web_search_20250305", name: "web_search" }] }, "tools[0]"],
    [{ tools: [{ name: "f", input_schema: {}, defer_loading: true }] }, "tools[0].defer_loading"],
    [user({ type: "document", source: {} }), "messages[0].content[0]"],
    [user({ type: "image", source: { type: "file", file_id: "f" } }), "messages[0].content[0].source"],
    [user({ type: "text", text: "a", citations: [{}] }), "messages[0].content[0].citations"],
    [user({ type: "tool_use", id: "1", name: "f", input: {} }), "messages[0].content[0]"],
    [
      user({ type: "tool_result", tool_use_id: "1", content: [{ type: "search_result" }] }),
      "messages[0].content[0].content[0]",
    ],
    [
      { messages: [...hello, { role: "assistant", content: [{ type: "server_tool_use" }] }] },
      "messages[1].content[0]",
    ],
    [{ messages: [...hello, { role: "assistant", content: "It is" }] }, "messages[1]"],
  ])("%j · 400 naming it", (members, param) => {
    expect(refusal(members)).toEqual(["unsupported_value", param]);
  });

  test.each([
    [{ max_tokens: undefined }, "max_tokens"],
    [{ max_tokens: 0 }, "max_tokens"],
    [{ temperature: 1.5 }, "temperature"],
    [{ messages: [{ role: "user", content: 7 }] }, "messages[0].content"],
    [{ messages: [{ role: "tool", content: "x" }] }, "messages[0].role"],
  ])("%j · is not valid", (members, param) => {
    expect(refusal(members)).toEqual(["invalid_request", param]);
  });

  test.each([
    [{ context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] } }],
    [{ thinking: { type: "disabled" }, service_tier: "auto" }],
    [user({ type: "text", text: "a", citations: [] })],
  ])("%j · asks for nothing more, and is let through", (members) => {
    expect(refusal(members)).toBeNull();
  });

  test("what an adapter cannot say · is named in Anthropic's words", () => {
    const tools = [{ name: "f", input_schema: {} }];
    const format = { type: "json_schema", schema: {} };
    expect(refusal({ tools, output_config: { format } }, "cohere")).toEqual([
      "unsupported_value",
      "output_config.format",
    ]);
    expect(refusal({ stop_sequences: ["a", "b", "c", "d", "e"] }, "google")?.[1]).toBe("stop_sequences");
    const lost = { type: "tool_result", tool_use_id: "nobody's", content: "x" };
    const messages = [...hello, { role: "user", content: [lost] }];
    expect(refusal({ system: "s", messages }, "google")).toEqual(["invalid_request", "messages[1]"]);
  });
});
