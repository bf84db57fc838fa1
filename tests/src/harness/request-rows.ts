import { type Database, openDatabase } from "@perpetuo/database/connection";
import { waitUntil } from "./wait-until.ts";

/** What tests read of a row of `request_logs`. */
export type RequestRow = {
  id: string;
  request_id: string;
  api_key_id: string;
  status_code: number;
  error_code: string | null;
  error_message: string | null;
  streamed: boolean;
  usage_estimated: boolean;
  input_tokens: number;
  output_tokens: number;
  cost_micros: number | null;
  provider: string | null;
  upstream_model: string | null;
  user: string | null;
  metadata: Record<string, string> | null;
  attempts: {
    outcome: string;
    status: number | null;
    error: string | null;
    started_ms: number;
    duration_ms: number;
  }[];
  plan: { verdict: string; reason: string }[];
};

export type Sums = {
  requests: number;
  errors: number;
  aborted: number;
  input_tokens: number;
  output_tokens: number;
};

/** Reads the request log and the counters, past row-level security. */
export type RequestRows = AsyncDisposable & {
  all(workspaceId: string): Promise<RequestRow[]>;
  count(workspaceId: string): Promise<number>;
  /** Waits for the row of an answer, by its `x-request-id`. */
  find(requestId: string): Promise<RequestRow>;
  /** Waits until the workspace has so many rows, and returns them. */
  untilCount(workspaceId: string, count: number, timeoutMs?: number): Promise<RequestRow[]>;
  /** Lifetime totals of the workspace. */
  counters(workspaceId: string): Promise<Sums>;
  /** The sums of the hourly rows. */
  hourly(workspaceId: string): Promise<Sums>;
};

/** Rows are readable within a second of the answer; a loaded machine gets more. */
const arrivalTimeoutMs = 10_000;

export function readRequestRows(administratorUrl: string): RequestRows {
  const database = openDatabase(administratorUrl, { max: 2, applicationName: "perpetuo-test-reader" });
  const { sql } = database;
  const select = async (condition: ReturnType<typeof sql>): Promise<RequestRow[]> =>
    sql<RequestRow[]>`
        select id, request_id, api_key_id, status_code, error_code, error_message, streamed, usage_estimated,
               input_tokens, output_tokens, cost_micros, provider, upstream_model, "user",
               metadata, attempts, plan
        from request_logs where ${condition} order by id`;
  const count = async (workspaceId: string): Promise<number> => {
    const [row] = await sql<{ count: number }[]>`
      select count(*) as count from request_logs where workspace_id = ${workspaceId}`;
    return row?.count ?? 0;
  };
  return {
    count,
    all: (workspaceId) => select(sql`workspace_id = ${workspaceId}`),
    find: (requestId) =>
      waitUntil(async () => (await select(sql`request_id = ${requestId}`))[0] ?? null, {
        what: `the log row of request ${requestId}`,
        timeoutMs: arrivalTimeoutMs,
      }),
    async untilCount(workspaceId, wanted, timeoutMs = arrivalTimeoutMs) {
      let seen = 0;
      await waitUntil(
        async () => {
          seen = await count(workspaceId);
          return seen >= wanted ? true : null;
        },
        { what: `${wanted} log rows`, timeoutMs, details: () => `There are ${seen}.` },
      );
      return select(sql`workspace_id = ${workspaceId}`);
    },
    counters: (workspaceId) => sumsOf(database, { table: "usage_counters", workspaceId }),
    hourly: (workspaceId) => sumsOf(database, { table: "usage_hourly", workspaceId }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

async function sumsOf(
  { sql }: Database,
  source: { table: "usage_counters" | "usage_hourly"; workspaceId: string },
): Promise<Sums> {
  const [row] = await sql<Sums[]>`
    select coalesce(sum(requests), 0)::bigint as requests, coalesce(sum(errors), 0)::bigint as errors,
           coalesce(sum(aborted), 0)::bigint as aborted, coalesce(sum(input_tokens), 0)::bigint as input_tokens,
           coalesce(sum(output_tokens), 0)::bigint as output_tokens
    from ${sql(source.table)} where workspace_id = ${source.workspaceId}`;
  return row ?? { requests: 0, errors: 0, aborted: 0, input_tokens: 0, output_tokens: 0 };
}
