import { expect } from "vitest";
import type { RequestRow } from "../harness/request-rows.ts";
import type { Stack } from "../harness/stack.ts";
import type { TestWorkspace } from "../harness/workspace.ts";
import { sumsOfRows } from "./sums.ts";
import type { Entry } from "./traffic.ts";

export type Balance = { answered: number; aborted: number; refusedCredentials: number; rows: number };

/**
 * Holds the client's ledger, the gateway's rows and counters, and the provider's records together. Every authenticated
 * request has one row with the status that the client saw; the counters are the rows' sums; the tokens are the provider's.
 */
export async function auditLedger(
  stack: Stack,
  workspace: TestWorkspace,
  entries: Entry[],
): Promise<Balance> {
  const expected = entries.filter((entry) => entry.authenticated);
  const rows = await stack.rows.untilLogged(
    workspace.id,
    expected.map(({ requestId }) => requestId),
    60_000,
  );
  expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
  expect(rows.map((row) => row.request_id).sort()).toEqual(expected.map((entry) => entry.requestId).sort());
  auditStatuses(expected, rows);
  await auditTokens(stack, rows, expected);
  await auditCounters(stack, workspace, rows);
  const aborted = expected.filter((entry) => entry.abortedAfter !== null).length;
  return {
    answered: expected.length - aborted,
    aborted,
    refusedCredentials: entries.length - expected.length,
    rows: rows.length,
  };
}

function auditStatuses(entries: Entry[], rows: RequestRow[]): void {
  const byId = new Map(rows.map((row) => [row.request_id, row]));
  const wrong = entries
    .map((entry) => ({ ...entry, row: byId.get(entry.requestId)?.status_code }))
    .filter((entry) => entry.row !== statusInLog(entry));
  expect(wrong).toEqual([]);
}

function statusInLog(entry: Entry): number {
  if (entry.abortedAfter !== null) return 499;
  return entry.kind === "cut stream" ? 502 : entry.status;
}

async function auditTokens(stack: Stack, rows: RequestRow[], entries: Entry[]): Promise<void> {
  const records = new Map((await stack.mock.records()).map((record) => [record.model, record]));
  const byId = new Map(rows.map((row) => [row.request_id, row]));
  const wrong = entries.flatMap((entry): object[] => {
    const row = byId.get(entry.requestId);
    const record = records.get(entry.model);
    if (row === undefined) return [entry];
    if (record === undefined) return row.output_tokens === 0 ? [] : [{ entry, row }];
    const agrees = row.usage_estimated
      ? row.output_tokens <= record.content_tokens_sent && row.output_tokens >= (entry.abortedAfter ?? 0)
      : row.output_tokens === (record.usage_reported?.completion_tokens ?? 0) &&
        row.input_tokens === (record.usage_reported?.prompt_tokens ?? 0);
    return agrees ? [] : [{ entry, row, record }];
  });
  expect(wrong).toEqual([]);

  const exact = rows.filter((row) => !row.usage_estimated);
  const totals = await stack.mock.totals();
  const sums = sumsOfRows(exact);
  expect({ input: sums.input_tokens, output: sums.output_tokens }).toEqual({
    input: totals.prompt_tokens,
    output: totals.completion_tokens,
  });
}

async function auditCounters(stack: Stack, workspace: TestWorkspace, rows: RequestRow[]): Promise<void> {
  const sums = sumsOfRows(rows);
  expect(await stack.rows.counters(workspace.id)).toEqual(sums);
  expect(await stack.rows.hourly(workspace.id)).toEqual(sums);
}
