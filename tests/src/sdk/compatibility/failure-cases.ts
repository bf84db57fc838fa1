import { expect, vi } from "vitest";
import type { Case, Cell } from "./case.ts";
import type { Call, Failing, SdkClient, SeenFailure } from "./client.ts";

/** Calls that the gateway makes of its own accord before it gives a failing provider up. */
export const gatewayCalls = 3;

/** Cases in which something goes wrong, or is broken off. */
export const failureCases = {
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
    async run({ stack, client, provider, call }) {
      const asked = call();
      const isTranslated = client.path === "/v1/messages" && provider.name !== "anthropic";
      // Anthropic's own status for it, which its clients wait upon.
      const status = isTranslated ? 529 : 503;
      expectFailure(await client.failure(asked), { client, failing: "overload", status, asked });
      expect(await stack.mock.records(asked.model)).toHaveLength(gatewayCalls);
    },
  },
  retries: {
    title: "Retries",
    promise:
      "An SDK that is told to retry does not: the gateway has already, and says `x-should-retry: false`.",
    behaviour: "status=500",
    async run({ stack, client, call }) {
      const asked = call();
      await client.failure(asked, { retries: 2 });
      expect(await stack.mock.records(asked.model)).toHaveLength(gatewayCalls);
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

async function expectBrokenStream({ client, call }: Cell): Promise<void> {
  const { pieces, error } = await client.readUntil(call(), Number.POSITIVE_INFINITY);
  expect(error).toBeInstanceOf(Error);
  expect(pieces.length).toBeLessThanOrEqual(3);
}

function expectFailure(
  failure: SeenFailure,
  expected: { client: SdkClient; failing: Failing; status: number; asked: Call },
): void {
  expect(failure).toMatchObject({
    kinds: expect.arrayContaining([expected.client.errors[expected.failing]]),
    status: expected.status,
    requestId: expected.asked.requestId,
  });
  expect(failure.message.length).toBeGreaterThan(0);
}
