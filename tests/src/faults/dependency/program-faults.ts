import { expect } from "vitest";
import { report } from "../../harness/figures.ts";
import { chat, createGatewayClient, errorCode } from "../../harness/gateway-client.ts";
import type { Stack } from "../../harness/stack.ts";
import { waitUntil } from "../../harness/wait-until.ts";
import { assertLedger } from "../../ledger/assert-ledger.ts";
import { createClientLedger } from "../../ledger/client-ledger.ts";

/** Loads the faults of `chaos.test-preload.ts` into the services of a stack. */
export const chaosEnvironment = {
  NODE_OPTIONS: `--import ${new URL("./chaos.test-preload.ts", import.meta.url).href}`,
};

const streams = 8;
const rounds = 5;
/** Longer than the faults take, so that each of them meets every stream. */
const streamModel = "mock?chunks=100&pace=20";

/**
 * The program fails inside a request, outside of every request, and while it writes a record. The request that it hits is
 * told so; streams beside it come to their end, and the same processes go on.
 */
export async function checkProgramFaults(stack: Stack): Promise<void> {
  await using client = createGatewayClient(stack.proxyUrl);
  const workspace = await stack.createWorkspace();
  const ledger = createClientLedger(client, "chaos");
  const pids = await stack.proxy().pids();
  const running = Array.from({ length: streams }, () =>
    ledger.send({ workspace, model: streamModel, members: { stream: true } }),
  );
  await waitUntil(async () => ((await stack.mock.records(streamModel)).length >= streams ? true : null), {
    what: "the streams to begin",
    timeoutMs: 10_000,
  });
  for (let round = 0; round < rounds; round++) {
    for (const fault of ["throw", "uncaught", "rejection"]) {
      const headers = { "x-perpetuo-metadata": JSON.stringify({ chaos: fault }) };
      const { record } = await ledger.send({ workspace, model: "mock?chunks=1", headers });
      expect({ fault, status: record.status, code: record.errorCode }).toEqual(
        fault === "throw"
          ? { fault, status: 500, code: "internal_error" }
          : { fault, status: 200, code: null },
      );
    }
    // Unknown to the ledger, because a record that cannot be encoded is a row that does not come.
    const headers = { "x-perpetuo-metadata": JSON.stringify({ chaos: "settle" }) };
    const answer = await client.call({ ...workspace, body: chat("mock-fast"), headers });
    expect([answer.status, errorCode(answer.body)]).toEqual([500, "internal_error"]);
    const next = await ledger.send({ workspace, model: "mock?chunks=1" });
    expect(next.record.outcome).toBe("ok");
  }
  const ended = await Promise.all(running);
  expect(ended.filter(({ record }) => record.outcome !== "ok")).toEqual([]);
  expect(await stack.proxy().pids()).toEqual(pids);
  await assertLedger({ stack, ledger });
  report(
    `${rounds * 4} faults of the program beside ${streams} streams: each hit its own request, 0 streams cut`,
  );
}
