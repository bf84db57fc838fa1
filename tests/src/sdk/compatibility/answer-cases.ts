import { expect } from "vitest";
import type { Stack } from "../../harness/stack.ts";
import type { Case, Cell } from "./case.ts";
import {
  type Call,
  nextQuestion,
  type SdkClient,
  type Seen,
  weatherReport,
  weatherSchema,
} from "./client.ts";
import type { MatrixProvider } from "./providers.ts";

/** The smallest picture: one transparent point. */
const picture =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** Cases in which all goes well. */
export const answerCases = {
  text: {
    title: "Text",
    promise:
      "The whole answer, its finish reason in the SDK's word, no warning, and the usage that the provider reported, whose parts make the total; the log row has the same tokens.",
    behaviour: "chunks=7",
    async run({ stack, client, provider, call }) {
      const asked = call();
      const seen = await client.text(asked);
      expectWords(seen, client);
      await expectBilled(stack, { asked, seen, provider, streamed: false });
    },
  },
  stream: {
    title: "Stream",
    promise:
      "The same text in pieces, the same finish reason and usage as the whole answer's, and the same log row.",
    behaviour: "chunks=7",
    async run({ stack, client, provider, call }) {
      const whole = await client.text(call("whole"));
      const asked = call("streamed");
      const { pieces, ...seen } = await client.stream(asked);
      expect(seen).toEqual(whole);
      expect(pieces.join("")).toBe(whole.text);
      expect(pieces.length).toBeGreaterThan(1);
      await expectBilled(stack, { asked, seen, provider, streamed: true });
    },
  },
  limit: {
    title: "Output limit",
    promise: "The limit on output tokens is kept, and the finish reason says that it was.",
    behaviour: "chunks=7",
    async run({ client, call }) {
      const seen = await client.text(call(), { maximumTokens: 3 });
      expect(words(seen.text)).toHaveLength(3);
      expect(seen).toMatchObject({ finish: client.finish.length, usage: { output: 3 } });
    },
  },
  cached: {
    title: "Cached tokens",
    promise: "Tokens from the provider's prompt cache are named, and are in the sum once.",
    behaviour: "chunks=7&cached=3",
    async run({ stack, client, provider, call }) {
      const asked = call();
      const seen = await client.text(asked);
      expect(seen.usage.cached).toBe(3);
      await expectBilled(stack, { asked, seen, provider, streamed: false });
    },
  },
  reasoning: {
    title: "Reasoning tokens",
    promise: "Tokens of thought are named where the provider counts them apart, and are in the sum once.",
    behaviour: "chunks=7&reasoning=2",
    async run({ stack, client, provider, call }) {
      const asked = call();
      const seen = await client.text(asked);
      expect(seen.usage.reasoning ?? 0).toBe(provider.countsThoughts ? 2 : 0);
      await expectBilled(stack, { asked, seen, provider, streamed: false });
    },
  },
  conversation: {
    title: "Conversation",
    promise:
      "A system message and earlier turns are taken, and the last message is what the provider answers.",
    behaviour: "echo=1",
    async run({ client, call }) {
      const seen = await client.conversation(call());
      expect(seen).toMatchObject({ finish: client.finish.stop, warnings: [] });
      expect(seen.text).toContain(nextQuestion);
    },
  },
  settings: {
    title: "Settings",
    promise: "A temperature and a text to stop at are taken.",
    behaviour: "chunks=7",
    run: async ({ client, call }) => expectWords(await client.settings(call()), client),
  },
  effort: {
    title: "Reasoning effort",
    promise: "How much to think is asked in the SDK's way, and taken.",
    behaviour: "chunks=7",
    model: "thinking",
    run: async ({ client, call }) => expectWords(await client.effort(call()), client),
  },
  tool: {
    title: "Tool, second turn",
    promise: "A tool call with parsed arguments; its result reaches the provider, which goes on in words.",
    behaviour: "tool_calls=1&echo=1",
    run: (cell) => expectToolTurns(cell, 1),
  },
  parallel: {
    title: "Parallel tools",
    promise: "Two calls in one turn with ids of their own, and both results in the next.",
    behaviour: "tool_calls=2&echo=1",
    run: (cell) => expectToolTurns(cell, 2),
  },
  moved: {
    title: "Moved conversation",
    promise:
      "The tool's result goes to each of the other providers in turn, as after a fallback, and each goes on.",
    behaviour: "tool_calls=2&echo=1",
    async run({ client, call, callsElsewhere }) {
      for (const next of callsElsewhere()) {
        const { calls, text } = await client.toolTurns(call(), next);
        expect(text).toContain(weatherReport(weatherSchema.parse(calls.at(-1)?.arguments)));
      }
    },
  },
  "streamed-tools": {
    title: "Streamed tools",
    promise: "Two calls whose streamed fragments join to the arguments of the whole answer.",
    behaviour: "tool_calls=2",
    async run({ client, call }) {
      const whole = await client.toolCalls(call("whole"), "whole");
      const streamed = await client.toolCalls(call("streamed"), "streamed");
      expect(whole).toMatchObject({ finish: client.finish.tools, warnings: [] });
      expect(whole.calls).toHaveLength(2);
      expect({ ...streamed, calls: withoutIds(streamed) }).toEqual({ ...whole, calls: withoutIds(whole) });
      expect(new Set(streamed.calls.map(({ id }) => id)).size).toBe(2);
    },
  },
  "forced-tool": {
    title: "Named tool",
    promise: "A model that is told which tool to call calls it.",
    behaviour: "chunks=7",
    async run({ client, call }) {
      const { calls } = await client.toolCalls(call(), "forced");
      expect(calls.map(({ name }) => name)).toEqual(["weather"]);
      expect(weatherSchema.safeParse(calls[0]?.arguments).success).toBe(true);
    },
  },
  image: {
    title: "Image",
    promise: "A picture in the message reaches the provider in its own form, byte for byte.",
    behaviour: "echo=1",
    async run({ client, call }) {
      const { text } = await client.image(call(), { mediaType: "image/png", base64: picture });
      expect(text).toContain(picture);
    },
  },
  structured: {
    title: "Structured output",
    promise: "The SDK's own helper asks by a JSON schema and parses the answer into an object that fits it.",
    behaviour: "chunks=7",
    run: (cell) => expectObject(cell, "whole"),
  },
  "structured-unknown": {
    title: "Structured output of an unknown model",
    promise: "The same for a model name that the SDK does not know, where some ask by a tool instead.",
    behaviour: "chunks=7",
    model: "unknown",
    run: (cell) => expectObject(cell, "whole"),
  },
  "streamed-object": {
    title: "Streamed object",
    promise: "The same from a stream.",
    behaviour: "chunks=7",
    run: (cell) => expectObject(cell, "streamed"),
  },
  embeddings: {
    title: "Embeddings",
    promise: "One vector for each text, in the texts' order, the same for the same text.",
    behaviour: "latency=0",
    async run({ client, call }) {
      const vectors = await client.embeddings(call(), ["first", "second", "first"]);
      expect(vectors).toHaveLength(3);
      expect(vectors[0]).toEqual(vectors[2]);
      expect(vectors[0]).not.toEqual(vectors[1]);
      for (const value of vectors.flat()) expect(Number.isFinite(value)).toBe(true);
    },
  },
  completion: {
    title: "Completion of a text",
    promise: "The older call, which goes on with a text instead of answering messages.",
    behaviour: "chunks=7",
    // LangChain refuses to complete a text with a model that it knows to be for chat.
    model: "unknown",
    async run({ client, call }) {
      expect(words(await client.completion(call(), "Once upon a time"))).toHaveLength(7);
    },
  },
  "token-count": {
    title: "Token count",
    promise:
      "The input tokens of a request before it is made: the provider's count, or an estimate where it has none.",
    behaviour: "latency=0",
    async run({ client, call }) {
      const count = await client.countTokens(call());
      expect(count).toBeGreaterThan(0);
      expect(Number.isInteger(count)).toBe(true);
    },
  },
  models: {
    title: "Model list",
    promise: "The names that the key can call.",
    behaviour: "latency=0",
    async run({ client, call }) {
      const asked = call();
      expect(await client.models(asked)).toContain(asked.model);
    },
  },
} as const satisfies Record<string, Case>;

function words(text: string): string[] {
  return text.trim().split(" ");
}

/** Seven words, as the mock was asked for, and nothing else. */
function expectWords(seen: Seen, { finish }: SdkClient): void {
  expect(seen).toMatchObject({ finish: finish.stop, calls: [], warnings: [] });
  expect(words(seen.text)).toHaveLength(7);
}

function withoutIds({ calls }: Seen) {
  return calls.map(({ id: _, ...call }) => call);
}

/** The SDK's numbers are the provider's and add up, and the log row has what is billed of them. */
async function expectBilled(
  stack: Stack,
  {
    asked,
    seen,
    provider,
    streamed,
  }: { asked: Call; seen: Seen; provider: MatrixProvider; streamed: boolean },
): Promise<void> {
  const reported = (await stack.mock.records(asked.model)).at(-1)?.usage_reported;
  const billed = reported?.prompt_tokens ?? Number.NaN;
  const input = billed + (provider.unbilledTokens ?? 0);
  expect(seen.usage).toMatchObject({ input, output: 7, total: input + 7 });
  expect(await stack.rows.find(asked.requestId)).toMatchObject({
    status_code: 200,
    provider: provider.name,
    streamed,
    usage_estimated: false,
    input_tokens: billed,
    output_tokens: 7,
  });
}

async function expectObject({ client, call }: Cell, manner: "whole" | "streamed"): Promise<void> {
  const parsed = await client.structured(call(), manner);
  expect(weatherSchema.strict().parse(parsed)).toEqual(parsed);
}

async function expectToolTurns({ client, call }: Cell, count: number): Promise<void> {
  const { calls, text, finish } = await client.toolTurns(call());
  expect(calls.map(({ name }) => name)).toEqual(Array.from({ length: count }, () => "weather"));
  expect(new Set(calls.map(({ id }) => id)).size).toBe(count);
  const last = weatherSchema.parse(calls.at(-1)?.arguments);
  expect(text).toContain(weatherReport(last));
  expect(finish).toBe(client.finish.stop);
}
