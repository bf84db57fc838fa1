import { describe, expect, it } from "vitest";
import type { MockRecord } from "../harness/mock-client.ts";
import type { RequestRow } from "../harness/request-rows.ts";
import { assertLedger } from "./assert-ledger.ts";
import type { ClientRecord } from "./client-ledger.ts";
import { sumsOfRows } from "./sums.ts";

const client: ClientRecord = {
  requestId: "run-0",
  workspaceId: "workspace",
  authenticated: true,
  echoes: true,
  tokens: "metered",
  outcome: "ok",
  detail: null,
  status: 200,
  errorCode: null,
  admittedAs: "run-0",
  contentEvents: 5,
  canaries: ["run-0"],
};

const row: RequestRow = {
  id: "row-0",
  request_id: "run-0",
  endpoint: "/v1/chat/completions",
  api_key_id: "key",
  config_version: 1,
  route_id: null,
  status_code: 200,
  error_code: null,
  error_message: null,
  streamed: true,
  usage_estimated: false,
  input_tokens: 7,
  cached_input_tokens: 0,
  output_tokens: 5,
  reasoning_tokens: 0,
  cost_micros: 30,
  provider: "mock",
  provider_key_id: "provider-key",
  upstream_model: "model",
  user: null,
  metadata: null,
  attempts: [
    {
      provider: "mock",
      upstream_model: "mock-fast",
      outcome: "ok",
      status: 200,
      error: null,
      input_tokens: 7,
      output_tokens: 5,
      cost_micros: 30,
      started_ms: 1,
      duration_ms: 2,
    },
  ],
  plan: [],
};

const call = {
  user: "run-0",
  received_at: 1,
  content_tokens_sent: 5,
  usage_reported: { prompt_tokens: 7, completion_tokens: 5 },
  outcome: "answered",
} as MockRecord;

type Books = { clients?: ClientRecord[]; rows?: RequestRow[]; calls?: MockRecord[]; budget?: number };

function check({ clients = [client], rows = [row], calls = [call], budget }: Books) {
  const sums = sumsOfRows(rows);
  const untilLogged = async (_workspaceId: string, requestIds: string[]) => {
    const logged = new Set(rows.map(({ request_id }) => request_id));
    if (!requestIds.every((requestId) => logged.has(requestId))) throw new Error("L1 in vain");
  };
  const stack = {
    mock: { records: async () => calls },
    rows: { untilLogged, book: async () => ({ rows, counters: sums, hourly: sums }) },
  } as unknown as Parameters<typeof assertLedger>[0]["stack"];
  return assertLedger({
    stack,
    ledger: { records: clients },
    rowsWithinMs: 0,
    ...(budget === undefined ? {} : { budgets: [{ apiKeyId: "key", micros: budget }] }),
  });
}

describe("assertLedger", () => {
  it("books that agree · the sums of what was joined", async () => {
    expect(await check({ budget: 30 })).toEqual({
      requests: 1,
      rows: 1,
      attempts: 1,
      outcomes: { ok: 1 },
    });
  });

  const aborted: ClientRecord = { ...client, outcome: "client_aborted", contentEvents: 3, canaries: [] };
  const left = { ...row, status_code: 499, usage_estimated: true, error_code: "client_closed_request" };

  it("a client that left · tokens between what it saw and what was sent", async () => {
    await check({ clients: [aborted], rows: [{ ...left, output_tokens: 4 }] });
    await expect(check({ clients: [aborted], rows: [{ ...left, output_tokens: 2 }] })).rejects.toThrow(/L5/);
    await expect(check({ clients: [aborted], rows: [{ ...left, output_tokens: 7 }] })).rejects.toThrow(/L5/);
  });

  it.each<[string, Books, RegExp]>([
    ["a request without a row", { rows: [] }, /L1/],
    ["two rows", { rows: [row, { ...row, id: "row-1" }] }, /L2 2 rows/],
    ["a row of a refused credential", { clients: [{ ...client, authenticated: false }] }, /L3/],
    ["a row that nobody asked for", { rows: [row, { ...row, request_id: "other" }] }, /other: L3/],
    ["a call that the row does not have", { calls: [call, call] }, /L4 1 attempts in the row, 2/],
    ["an attempt that no upstream saw", { calls: [] }, /L4 1 attempts that no upstream has seen/],
    ["other tokens than reported", { rows: [{ ...row, output_tokens: 6 }] }, /L5 7\+6, reported 7\+5/],
    ["a budget that is exceeded", { budget: 29 }, /L6 spent 30 of 29/],
    ["a row that calls a broken answer complete", { clients: [{ ...client, outcome: "error_sse" }] }, /L7/],
    [
      "half an answer",
      { clients: [{ ...client, outcome: "wrong", detail: "half" }] },
      /L7 a wrong answer: half/,
    ],
    ["another request's words", { clients: [{ ...client, canaries: ["run-0", "run-9"] }] }, /L8 .*run-9/],
    ["an answer without its own words", { clients: [{ ...client, canaries: [] }] }, /L8 not its own/],
    ["an end that nobody wrote down", { clients: [{ ...client, outcome: "open" }] }, /not written down/],
    [
      "a broken connection",
      { clients: [{ ...client, outcome: "info", detail: "ECONNRESET" }] },
      /ECONNRESET/,
    ],
  ])("%s · named", async (_case, books, message) => {
    await expect(check(books)).rejects.toThrow(message);
  });
});
