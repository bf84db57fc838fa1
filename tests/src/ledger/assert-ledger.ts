import type { Book, RequestRow, Sums } from "../harness/request-rows.ts";
import type { Stack } from "../harness/stack.ts";
import type { ClientLedger, ClientRecord } from "./client-ledger.ts";
import { sumsOfRows, total } from "./sums.ts";
import { mockBook, type UpstreamBook, type UpstreamRecord } from "./upstream-record.ts";

export type LedgerCheck = {
  stack: Pick<Stack, "mock" | "rows">;
  ledger: Pick<ClientLedger, "records">;
  /** Books of upstreams beside the mock provider. */
  upstreams?: UpstreamBook[];
  /** Requests whose connection may have broken, in cases that kill the gateway or cut its clients; otherwise none. */
  mayBreak?: number;
  /** Micro-dollars that an API key may have spent: its budget and the excess that the case allows. */
  budgets?: { apiKeyId: string; micros: number }[];
  rowsWithinMs?: number;
};

/** What was joined, for a figure. */
export type LedgerBalance = { requests: number; rows: number; attempts: number; outcomes: Outcomes };
type Outcomes = Partial<Record<ClientRecord["outcome"], number>>;

/** One request in all books. */
type Joined = { client: ClientRecord; rows: RequestRow[]; calls: UpstreamRecord[] };

/**
 * Joins what the clients, the upstreams and the database know of every request of the ledger, and fails with the list of
 * the requests that break a rule: L1 nothing lost, L2 nothing twice, L3 nothing invented, L4 attempts, L5 tokens,
 * L6 budgets, L7 truth, L8 isolation; and that the usage counters are the sums of the rows. L9 is `watchBounds`.
 */
export async function assertLedger(check: LedgerCheck): Promise<LedgerBalance> {
  const { ledger } = check;
  const books = await booksOf(check);
  const rows = books.flatMap((book) => book.rows);
  const rowsById = Map.groupBy(rows, (row) => row.request_id);
  const calls = await callsOf(check);
  const joined = ledger.records.map((client) => ({
    client,
    rows: rowsById.get(client.requestId) ?? [],
    calls: calls.get(client.requestId) ?? [],
  }));
  let unread = total((check.upstreams ?? []).map((upstream) => upstream.unread?.() ?? 0));
  const violations = joined.flatMap((request) => {
    const found = judge(request);
    const missing = missingCalls(request);
    if (missing > unread) found.push(`L4 ${missing} attempts that no upstream has seen`);
    unread = Math.max(0, unread - missing);
    return found.map((text) => `${request.client.requestId}: ${text}`);
  });
  violations.push(...phantoms(rows, ledger), ...brokenOnes(check), ...overspent(rows, check));
  violations.push(...books.flatMap(counterViolations));
  if (violations.length > 0) {
    const shown = violations.slice(0, 20).join("\n");
    throw new Error(`${violations.length} entries break the ledger's rules:\n${shown}`);
  }
  return {
    requests: joined.length,
    rows: rows.length,
    attempts: total(rows.map((row) => row.attempts.length)),
    outcomes: countOutcomes(ledger.records),
  };
}

type WorkspaceBook = Book & { workspaceId: string };

/** What the database knows of the ledger's workspaces, once the rows that must exist are there. */
async function booksOf({ stack, ledger, rowsWithinMs = 60_000 }: LedgerCheck): Promise<WorkspaceBook[]> {
  const workspaceIds = [...new Set(ledger.records.map(({ workspaceId }) => workspaceId))];
  return Promise.all(
    workspaceIds.map(async (workspaceId) => {
      const due = ledger.records.filter((each) => each.workspaceId === workspaceId && mustHaveRow(each));
      const requestIds = due.map(({ requestId }) => requestId);
      // L1: fails with the rows that are missing.
      await stack.rows.untilLogged(workspaceId, requestIds, rowsWithinMs);
      return { workspaceId, ...(await stack.rows.book(workspaceId)) };
    }),
  );
}

/** The gateway has named the request, or the client got its answer. */
function mustHaveRow({ authenticated, outcome, admittedAs }: ClientRecord): boolean {
  return authenticated && outcome !== "refused" && outcome !== "info" && admittedAs !== null;
}

async function callsOf({ stack, upstreams = [] }: LedgerCheck): Promise<Map<string, UpstreamRecord[]>> {
  // The mock provider comes last: it is where a request goes when another upstream has failed in the same millisecond.
  const books = await Promise.all([...upstreams, mockBook(stack.mock)].map((book) => book.records()));
  const inOrder = books.flat().toSorted((left, right) => left.receivedAt - right.receivedAt);
  return Map.groupBy(inOrder, ({ requestId }) => requestId);
}

function judge(request: Joined): string[] {
  const { client, rows } = request;
  const found: string[] = [];
  if (client.outcome === "open") found.push("its end was not written down");
  if (client.outcome === "wrong") found.push(`L7 a wrong answer: ${client.detail}`);
  if (rows.length > 1) found.push(`L2 ${rows.length} rows`);
  if (rows.length > 0 && (!client.authenticated || client.outcome === "refused")) {
    found.push("L3 a row of a request that the gateway never took");
  }
  const foreign = client.canaries.filter((id) => id !== client.requestId);
  if (foreign.length > 0) found.push(`L8 the answer contains what belongs to ${foreign.join(", ")}`);
  if (client.echoes && client.outcome === "ok" && client.canaries.length === 0)
    found.push("L8 not its own answer");
  const [row] = rows;
  return row === undefined ? found : [...found, ...judgeAttempts(request, row), ...judgeRow(request, row)];
}

/** L4. What was never sent has no record; what was aborted before an answer may have been sent or not. */
function judgeAttempts({ calls }: Joined, row: RequestRow): string[] {
  const most = row.attempts.filter(wasSent).length + row.attempts.filter(maybeSent).length;
  return calls.length > most ? [`L4 ${most} attempts in the row, ${calls.length} at the upstreams`] : [];
}

function missingCalls({ rows, calls }: Joined): number {
  return Math.max(0, (rows[0]?.attempts.filter(wasSent).length ?? 0) - calls.length);
}

type Attempt = RequestRow["attempts"][number];
const wasSent = ({ status, outcome }: Attempt): boolean => status !== null || outcome === "indeterminate";
const maybeSent = ({ status, outcome }: Attempt): boolean => status === null && outcome === "aborted";

/** L5 and L7. */
function judgeRow(request: Joined, row: RequestRow): string[] {
  const { client } = request;
  const isComplete = row.status_code === 200 && row.error_code === null;
  const found: string[] = [];
  if (client.outcome === "info") return found;
  if (isComplete !== (client.outcome === "ok")) {
    found.push(`L7 the row says ${row.status_code} ${row.error_code}, the client saw ${client.outcome}`);
  }
  if (client.outcome === "error_json" && row.status_code !== client.status) {
    found.push(`L7 the row says ${row.status_code}, the client saw ${client.status}`);
  }
  if (client.tokens === "metered") found.push(...judgeTokens(request, row));
  return found;
}

/** L5, of the call whose answer the client got: what earlier attempts may have cost is the provider's to say. */
function judgeTokens({ client, calls }: Joined, row: RequestRow): string[] {
  const call = calls.at(-1);
  if (client.outcome === "error_json" || call === undefined) {
    // A stream that broke in its first event has none for the client, and perhaps a token on the provider's bill.
    const most = call === undefined ? 0 : call.tokens + 1;
    return row.output_tokens <= most ? [] : [`L5 ${row.output_tokens} tokens without an answer`];
  }
  if (!row.usage_estimated) {
    // A call that was refused has no usage, and its client may leave before it is repeated.
    const reported = call.reported ?? (call.tokens === 0 && !call.sawClose ? { input: 0, output: 0 } : null);
    const agrees = row.output_tokens === reported?.output && row.input_tokens === reported.input;
    return agrees ? [] : [`L5 ${row.input_tokens}+${row.output_tokens}, reported ${show(reported)}`];
  }
  // An estimate of a whole answer counts its bytes; a stream's counts its events.
  const most = row.streamed ? call.tokens + 1 : Number.POSITIVE_INFINITY;
  const least = client.contentEvents;
  const agrees = row.output_tokens >= least && row.output_tokens <= most;
  return agrees ? [] : [`L5 ${row.output_tokens} tokens, ${least} seen by the client, ${call.tokens} sent`];
}

function show(reported: UpstreamRecord["reported"]): string {
  return reported === null ? "nothing" : `${reported.input}+${reported.output}`;
}

/** L3: rows that no client asked for. */
function phantoms(rows: RequestRow[], { records }: LedgerCheck["ledger"]): string[] {
  const known = new Set(records.map(({ requestId }) => requestId));
  return rows
    .filter((row) => !known.has(row.request_id))
    .map((row) => `${row.request_id}: L3 a row that no client asked for`);
}

function brokenOnes({ ledger, mayBreak = 0 }: LedgerCheck): string[] {
  const broken = ledger.records.filter(({ outcome }) => outcome === "info" || outcome === "refused");
  if (broken.length <= mayBreak) return [];
  return broken.map(({ requestId, detail }) => `${requestId}: the connection broke: ${detail}`);
}

/** L6. */
function overspent(rows: RequestRow[], { budgets = [] }: LedgerCheck): string[] {
  return budgets.flatMap(({ apiKeyId, micros }) => {
    const spent = total(
      rows.filter((row) => row.api_key_id === apiKeyId).map((row) => Number(row.cost_micros ?? 0)),
    );
    return spent > micros ? [`${apiKeyId}: L6 spent ${spent} of ${micros} micro-dollars`] : [];
  });
}

function counterViolations({ workspaceId, rows, counters, hourly }: WorkspaceBook): string[] {
  const sums = sumsOfRows(rows);
  return [counters, hourly]
    .filter((each) => !isSame(sums, each))
    .map(
      (each) => `${workspaceId}: counters ${JSON.stringify(each)} are not the rows' ${JSON.stringify(sums)}`,
    );
}

function isSame(left: Sums, right: Sums): boolean {
  return (Object.keys(left) as (keyof Sums)[]).every((name) => left[name] === right[name]);
}

function countOutcomes(records: readonly ClientRecord[]): Outcomes {
  const counts: Outcomes = {};
  for (const { outcome } of records) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
