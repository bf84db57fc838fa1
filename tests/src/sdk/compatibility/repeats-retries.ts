import { expect } from "vitest";
import type { Missing } from "./client.ts";
import { gatewayCalls } from "./failure-cases.ts";

/** For clients that retry by the status alone. */
export const repeatsRetries: Missing = {
  why: "it does not heed `x-should-retry: false`, so each retry of its own repeats the gateway's. Set `maxRetries: 0`.",
  async prove({ stack, client, call }) {
    const asked = call();
    await client.failure(asked, { retries: 1 });
    expect((await stack.mock.records(asked.model)).length).toBeGreaterThan(gatewayCalls);
  },
};
