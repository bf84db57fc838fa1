import { withDatabase } from "@perpetuo/database/connection";
import { expect } from "vitest";
import { distribution, percentile, report } from "../../harness/figures.ts";
import { chat, createGatewayClient } from "../../harness/gateway-client.ts";
import type { MockRecord } from "../../harness/mock-client.ts";
import { untilInFlight } from "../../harness/proxy-metrics.ts";
import { contentChunks, openRawClient, rawChat } from "../../harness/raw-client.ts";
import { startSilentServer } from "../../harness/silent-server.ts";
import type { Stack } from "../../harness/stack.ts";
import { waitUntil } from "../../harness/wait-until.ts";
import { assertLedger } from "../../ledger/assert-ledger.ts";
import { createClientLedger, type Intent } from "../../ledger/client-ledger.ts";
import { rawCallOf, seenBy } from "./raw-intent.ts";

/** The body says that a second call would be worth waiting for, so that the client leaves during the wait. */
const retryLater = "status=503&retry_after=4";

const leaversAtOnce = 12;

/** As many retries of one provider key may always be under way; more are a share of its calls. */
const mostRetries = 3;

/** A moment at which a client leaves while its provider is called, or has been. */
type Moment = {
  name: string;
  /** What the model name asks of the mock provider. */
  parameters: string;
  stream: boolean;
  /** Content chunks that the client has read when it leaves. */
  read: number;
  /** What the provider is doing then; `idle` when it is not being called. */
  provider: "working" | "idle";
};

const moments: Moment[] = [
  { name: "waiting for the first byte", parameters: "hang=head", stream: true, read: 0, provider: "working" },
  {
    name: "waiting for a whole answer",
    parameters: "hang=head",
    stream: false,
    read: 0,
    provider: "working",
  },
  { name: "token 1", parameters: "chunks=endless&pace=50", stream: true, read: 1, provider: "working" },
  { name: "mid-stream", parameters: "chunks=endless&pace=1", stream: true, read: 40, provider: "working" },
  {
    name: "last token, before the end",
    parameters: "chunks=5&hang=stream&hang_after=5",
    stream: true,
    read: 5,
    provider: "working",
  },
  { name: "the pause before a retry", parameters: retryLater, stream: true, read: 0, provider: "idle" },
];

type Departure = { requestId: string; model: string; moment: Moment; leftAt: number };

/**
 * Clients leave at every moment at which a provider is involved, `rounds` of them at each. The provider's call is closed
 * at once, and each has one row that says 499 and charges what was written.
 */
export async function checkDepartures(stack: Stack, rounds: number): Promise<void> {
  const workspace = await stack.createWorkspace({
    // Of its own, so that what fails here bars no other target.
    providerKeys: [{ base_url: `${stack.mockUrl}/v1` }],
  });
  await using client = createGatewayClient(stack.proxyUrl);
  const ledger = createClientLedger(client, "leave");
  const plans = moments.flatMap((moment) => {
    const count = moment.provider === "idle" ? Math.min(rounds, mostRetries) : rounds;
    return Array.from({ length: count }, () => moment);
  });
  const departures: Departure[] = [];
  let next = 0;
  const leaver = async (): Promise<void> => {
    for (let index = next++; index < plans.length; index = next++) {
      const moment = plans[index] as Moment;
      const model = `mock?key=leave-${index}&${moment.parameters}`;
      const intent = ledger.intend({ workspace, model, members: { stream: moment.stream } });
      departures.push(await leaveAt(stack, moment, intent));
    }
  };
  await Promise.all(Array.from({ length: leaversAtOnce }, leaver));
  await untilInFlight(stack.proxyUrl, 0);
  const requestIds = departures.map(({ requestId }) => requestId);
  const rows = await stack.rows.untilLogged(workspace.id, requestIds);
  await assertLedger({ stack, ledger });
  expect(rows).toHaveLength(departures.length);
  expect(new Set(rows.map(({ status_code, error_code }) => `${status_code} ${error_code}`))).toEqual(
    new Set(["499 client_closed_request"]),
  );
  expect(new Set(rows.map(({ attempts }) => attempts.length))).toEqual(new Set([1]));
  for (const moment of moments) {
    const closings: number[] = [];
    for (const departure of departures.filter((each) => each.moment === moment)) {
      const record = await recordOf(stack, departure);
      closings.push((record.client_closed_at ?? 0) - departure.leftAt);
    }
    if (moment.provider === "idle") continue;
    report(
      `client leaves at ${moment.name}: the provider's call is closed after ${distribution(closings, "ms")}`,
    );
    expect(percentile(closings, 0.99)).toBeLessThanOrEqual(2_000);
  }
}

async function leaveAt(stack: Stack, moment: Moment, intent: Intent): Promise<Departure> {
  const { requestId } = intent.record;
  const { model } = intent.call.body as { model: string };
  const client = await openRawClient(stack.proxyUrl);
  client.send(rawChat(rawCallOf(intent)));
  await client.until((text) => contentChunks(text) >= moment.read);
  if (moment.read === 0) await untilCalled(stack, moment, model);
  const seen = seenBy(client);
  const leftAt = Date.now();
  client.reset();
  intent.ended("client_aborted", seen);
  return { requestId, model, moment, leftAt };
}

async function untilCalled(stack: Stack, moment: Moment, model: string): Promise<void> {
  await waitUntil(
    async () => {
      const [record] = await stack.mock.records(model);
      if (record === undefined) return null;
      return moment.provider === "working" || record.outcome === "answered" ? true : null;
    },
    { what: `the provider's call for ${model}`, timeoutMs: 20_000 },
  );
}

/** The one call that the provider got, once it knows that its caller is gone. */
async function recordOf(stack: Stack, { model, moment }: Departure): Promise<MockRecord> {
  const over = moment.provider === "idle" ? "answered" : "client_closed";
  const records = await waitUntil(
    async () => {
      const found = await stack.mock.records(model);
      return found.every(({ outcome }) => outcome === over) ? found : null;
    },
    { what: `the provider's call for ${model} to be ${over}`, timeoutMs: 20_000 },
  );
  expect(records).toHaveLength(1);
  return records[0] as MockRecord;
}

/** A client leaves before any provider has been reached; nobody is called, and the row says 499. */
export async function checkEarlyDepartures(stack: Stack, rounds: number): Promise<void> {
  await using silent = await startSilentServer();
  const bodyless = await stack.createWorkspace();
  const unknown = await stack.createWorkspace({ apiKeys: Array.from({ length: rounds }, () => ({})) });
  const unreachable = await stack.createWorkspace({
    providerKeys: [{ provider: "openai-compatible", base_url: `https://127.0.0.1:${silent.port}/v1` }],
  });
  const callsBefore = (await stack.mock.totals()).requests;
  const leave = async (send: (round: number) => Buffer, reached: () => Promise<void>): Promise<void> => {
    const clients = await Promise.all(Array.from({ length: rounds }, () => openRawClient(stack.proxyUrl)));
    for (const [round, client] of clients.entries()) client.send(send(round));
    await reached();
    for (const client of clients) client.reset();
  };
  const inFlight = () => untilInFlight(stack.proxyUrl, rounds);
  const left = () => untilInFlight(stack.proxyUrl, 0);

  const named = (name: string, round: number) => ({ headers: [`x-request-id: ${name}-${round}`] });
  await leave(
    (round) => rawChat({ ...bodyless, ...named("bodyless", round), contentLength: 10_000 }),
    inFlight,
  );
  await left();
  await whileKeysCannotBeRead(stack, () =>
    leave(
      (round) => rawChat({ apiKey: unknown.apiKeys[round]?.text ?? "", ...named("unknown", round) }),
      inFlight,
    ),
  );
  await left();
  await leave(
    (round) => rawChat({ ...unreachable, ...named("unreachable", round), body: chat("any") }),
    () => silent.untilConnected(1).then(inFlight),
  );
  await left();

  const expected = [
    { name: "bodyless", workspace: bodyless, attempts: [] },
    { name: "unknown", workspace: unknown, attempts: [] },
    { name: "unreachable", workspace: unreachable, attempts: ["aborted"] },
  ];
  for (const { name, workspace, attempts } of expected) {
    const requestIds = Array.from({ length: rounds }, (_, round) => `${name}-${round}`);
    const rows = await stack.rows.untilLogged(workspace.id, requestIds);
    expect(rows).toHaveLength(rounds);
    for (const row of rows) {
      expect(row).toMatchObject({ status_code: 499, error_code: "client_closed_request", output_tokens: 0 });
      expect(row.attempts.map(({ outcome }) => outcome)).toEqual(attempts);
    }
  }
  expect((await stack.mock.totals()).requests).toBe(callsBefore);
}

/** Holds a lock that every look-up of an API key waits for. */
async function whileKeysCannotBeRead(stack: Stack, work: () => Promise<void>): Promise<void> {
  const options = { max: 1, applicationName: "perpetuo-test" };
  await withDatabase(stack.home.administratorUrl, options, async ({ sql }) => {
    await sql.begin(async (transaction) => {
      await transaction`lock table api_keys in access exclusive mode`;
      await work();
    });
  });
}
