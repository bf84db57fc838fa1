import { expect, vi } from "vitest";
import type { Stack } from "../../harness/stack.ts";
import {
  type Call,
  type Failing,
  type SdkClient,
  type Seen,
  weatherReport,
  weatherSchema,
} from "./client.ts";
import type { MatrixProvider } from "./providers.ts";

/** One cell's surroundings. `call` names the model that the case asks for, and the gateway's request id for it. */
export type Cell = {
  stack: Stack;
  client: SdkClient;
  provider: MatrixProvider;
  call(part?: string): Call;
};

/** A row of the matrix: what the mock is asked for, in the words of its model names, and what the SDK must make of it. */
type Case = {
  title: string;
  /** What it means that the cell works, for the document. */
  promise: string;
  /** The mock's behaviour. */
  behaviour: string;
  run(cell: Cell): Promise<void>;
};

export type CaseId = keyof typeof cases;

/** The smallest picture: one transparent point. */
const picture =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

export const cases = {
  text: {
    title: "Text",
    promise:
      "The whole answer, its finish reason in the SDK's word, no warning, and usage whose parts make the total; the log row has the same tokens.",
    behaviour: "chunks=7",
    async run({ stack, client, provider, call }) {
      const asked = call();
      const seen = await client.text(asked);
      expect(seen).toMatchObject({ finish: client.finish.stop, calls: [], warnings: [] });
      expect(words(seen.text)).toHaveLength(7);
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
    async run({ client, call }) {
      const parsed = await client.structured(call());
      expect(weatherSchema.strict().parse(parsed)).toEqual(parsed);
    },
  },
  "bad-key": {
    title: "Wrong API key",
    promise: "The SDK's authentication error with status 401 and the request's id.",
    behaviour: "chunks=7",
    async run({ client, call }) {
      const asked = { ...call(), apiKey: `pk_${"0".repeat(48)}` };
      expectFailure(await client.failure(asked), { client, failing: "bad-key", status: 401, asked });
    },
  },
  invalid: {
    title: "Provider refuses the request",
    promise: "The SDK's error for a bad request with the provider's own message and the request's id.",
    behaviour: "status=400&error_message=Too%20many%20zebras.",
    async run({ client, call }) {
      const asked = call();
      const failure = await client.failure(asked);
      expectFailure(failure, { client, failing: "invalid", status: 400, asked });
      expect(failure.message).toContain("Too many zebras.");
    },
  },
  "provider-key": {
    title: "Provider refuses its key",
    promise: "The SDK's error for a failed server with status 502, never 401: the client's own key is good.",
    behaviour: "status=401",
    async run({ client, call }) {
      const asked = call();
      expectFailure(await client.failure(asked), { client, failing: "overload", status: 502, asked });
    },
  },
  "rate-limit": {
    title: "Provider's rate limit",
    promise: "The SDK's rate limit error with status 429 and the request's id.",
    behaviour: "status=429&retry_after=7",
    async run({ client, call }) {
      const asked = call();
      expectFailure(await client.failure(asked), { client, failing: "rate-limit", status: 429, asked });
    },
  },
  overload: {
    title: "Provider overloaded",
    promise: "The SDK's error for a failed server with the request's id, after the gateway's own retries.",
    behaviour: "status=503",
    async run({ stack, client, call }) {
      const asked = call();
      expectFailure(await client.failure(asked), { client, failing: "overload", status: 503, asked });
      expect(await stack.mock.records(asked.model)).toHaveLength(3);
    },
  },
  "unknown-model": {
    title: "Unknown model",
    promise: "The SDK's not-found error with status 404, naming the model.",
    behaviour: "chunks=7",
    async run({ client, call }) {
      const asked = { ...call(), model: "no-such-model" };
      const failure = await client.failure(asked);
      expectFailure(failure, { client, failing: "unknown-model", status: 404, asked });
      expect(failure.message).toContain("no-such-model");
    },
  },
  abort: {
    title: "Abort",
    promise: "Aborting a stream closes the provider's call; the log row is 499 with the tokens seen.",
    behaviour: "chunks=endless&pace=5",
    async run({ stack, client, call }) {
      const asked = call();
      const { pieces } = await client.readUntil(asked, 3);
      await vi.waitFor(
        async () => {
          expect(await stack.mock.records(asked.model)).toMatchObject([{ outcome: "client_closed" }]);
        },
        { timeout: 10_000 },
      );
      const row = await stack.rows.find(asked.requestId);
      expect(row).toMatchObject({ status_code: 499, usage_estimated: true });
      expect(row.output_tokens).toBeGreaterThanOrEqual(pieces.length);
    },
  },
  cut: {
    title: "Cut stream",
    promise: "A stream that the provider breaks off ends in an error, never as if it were complete.",
    behaviour: "chunks=9&cut=3",
    run: expectBrokenStream,
  },
  "error-event": {
    title: "Error in a stream",
    promise: "The same for a stream that the provider ends with an error of its own.",
    behaviour: "chunks=9&cut=3&cut_manner=error",
    run: expectBrokenStream,
  },
} as const satisfies Record<string, Case>;

export const caseIds = Object.keys(cases) as CaseId[];

function words(text: string): string[] {
  return text.trim().split(" ");
}

function withoutIds({ calls }: Seen) {
  return calls.map(({ id: _, ...call }) => call);
}

/** The SDK's numbers add up, and the log row has the same. */
async function expectBilled(
  stack: Stack,
  {
    asked,
    seen,
    provider,
    streamed,
  }: { asked: Call; seen: Seen; provider: MatrixProvider; streamed: boolean },
): Promise<void> {
  const { input = Number.NaN, output, total } = seen.usage;
  expect(output).toBe(7);
  expect(total).toBe(input + 7);
  expect(await stack.rows.find(asked.requestId)).toMatchObject({
    status_code: 200,
    provider: provider.name,
    streamed,
    usage_estimated: false,
    input_tokens: input - (provider.unbilledTokens ?? 0),
    output_tokens: 7,
  });
}

async function expectToolTurns({ client, call }: Cell, count: number): Promise<void> {
  const { calls, text, finish } = await client.toolTurns(call());
  expect(calls.map(({ name }) => name)).toEqual(Array.from({ length: count }, () => "weather"));
  expect(new Set(calls.map(({ id }) => id)).size).toBe(count);
  const last = weatherSchema.parse(calls.at(-1)?.arguments);
  expect(text).toContain(weatherReport(last));
  expect(finish).toBe(client.finish.stop);
}

async function expectBrokenStream({ client, call }: Cell): Promise<void> {
  const { pieces, error } = await client.readUntil(call(), Number.POSITIVE_INFINITY);
  expect(error).toBeInstanceOf(Error);
  expect(pieces.length).toBeLessThanOrEqual(3);
}

function expectFailure(
  failure: { name: string; status: number | undefined; message: string; requestId: string | undefined },
  expected: { client: SdkClient; failing: Failing; status: number; asked: Call },
): void {
  expect(failure).toMatchObject({
    name: expected.client.errors[expected.failing],
    status: expected.status,
    requestId: expected.asked.requestId,
  });
  expect(failure.message.length).toBeGreaterThan(0);
}
