import { type Database, openDatabase } from "@perpetuo/database/connection";
import { waitUntil } from "./wait-until.ts";

/** What tests read of a row of `request_logs`. */
export type RequestRow = {
  id: string;
  request_id: string;
  api_key_id: string;
  endpoint: string;
  config_version: number;
  route_id: string | null;
  status_code: number;
  error_code: string | null;
  error_message: string | null;
  streamed: boolean;
  usage_estimated: boolean;
  input_tokens: number;
  cached_input_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  cost_micros: number | null;
  provider: string | null;
  upstream_model: string | null;
  user: string | null;
  metadata: Record<string, string> | null;
  provider_key_id: string | null;
  attempts: {
    provider: string;
    upstream_model: string;
    outcome: string;
    status: number | null;
    error: string | null;
    input_tokens: number | null;
    output_tokens: number | null;
    cost_micros: number | null;
    started_ms: number;
    duration_ms: number;
  }[];
  plan: {
    provider_key_id: string;
    provider: string | null;
    upstream_model: string;
    verdict: string;
    reason: string;
  }[];
};

export type Sums = {
  requests: number;
  errors: number;
  aborted: number;
  input_tokens: number;
  output_tokens: number;
};

/** All rows of a workspace and the counters of the same moment; a flush writes both in one transaction. */
export type Book = { rows: RequestRow[]; counters: Sums; hourly: Sums };

/** Reads the request log and the counters, past row-level security. */
export type RequestRows = AsyncDisposable & {
  all(workspaceId: string): Promise<RequestRow[]>;
  count(workspaceId: string): Promise<number>;
  /** Waits for the row of an answer, by its `x-request-id`. */
  find(requestId: string): Promise<RequestRow>;
  /**
   * Waits until each of these requests has its row, and returns all rows of the workspace, others among them. To wait for a
   * number of rows would be wrong wherever a request may have one that nobody counts: a refused one, a broken one.
   */
  untilLogged(workspaceId: string, requestIds: readonly string[], timeoutMs?: number): Promise<RequestRow[]>;
  /** Rows may still come of requests that nobody can wait for; counters that are read later would count them. */
  book(workspaceId: string): Promise<Book>;
  /** Lifetime totals of the workspace. */
  counters(workspaceId: string): Promise<Sums>;
  /** The sums of the hourly rows. */
  hourly(workspaceId: string): Promise<Sums>;
};

/** Rows are readable within a second of the answer; a loaded machine gets more. */
const arrivalTimeoutMs = 30_000;

export function readRequestRows(administratorUrl: string): RequestRows {
  const database = openDatabase(administratorUrl, { max: 2, applicationName: "perpetuo-test-reader" });
  const { sql } = database;
  const select = async (condition: ReturnType<typeof sql>): Promise<RequestRow[]> =>
    sql<RequestRow[]>`
        select id, request_id, api_key_id, endpoint, config_version, route_id, status_code, error_code, error_message,
               streamed, usage_estimated, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
               cost_micros, provider, provider_key_id, upstream_model, "user",
               metadata, attempts, plan
        from request_logs where ${condition} order by id`;
  const count = async (workspaceId: string): Promise<number> => {
    const [row] = await sql<{ count: number }[]>`
      select count(*) as count from request_logs where workspace_id = ${workspaceId}`;
    return row?.count ?? 0;
  };
  const requestIdsOf = async (workspaceId: string): Promise<string[]> => {
    const rows = await sql<{ request_id: string }[]>`
      select request_id from request_logs where workspace_id = ${workspaceId}`;
    return rows.map(({ request_id }) => request_id);
  };
  return {
    count,
    all: (workspaceId) => select(sql`workspace_id = ${workspaceId}`),
    find: (requestId) =>
      waitUntil(async () => (await select(sql`request_id = ${requestId}`))[0] ?? null, {
        what: `the log row of request ${requestId}`,
        timeoutMs: arrivalTimeoutMs,
      }),
    async untilLogged(workspaceId, requestIds, timeoutMs = arrivalTimeoutMs) {
      let missing: string[] = [];
      await waitUntil(
        async () => {
          const logged = new Set(await requestIdsOf(workspaceId));
          missing = requestIds.filter((requestId) => !logged.has(requestId));
          return missing.length === 0 ? true : null;
        },
        {
          what: `the log rows of ${requestIds.length} requests`,
          timeoutMs,
          pollMs: 100,
          details: () => `${missing.length} are missing, among them ${missing.slice(0, 5).join(", ")}.`,
        },
      );
      return select(sql`workspace_id = ${workspaceId}`);
    },
    async book(workspaceId) {
      for (;;) {
        const rows = await select(sql`workspace_id = ${workspaceId}`);
        const counters = await sumsOf(database, { table: "usage_counters", workspaceId });
        const hourly = await sumsOf(database, { table: "usage_hourly", workspaceId });
        // No row has come while the counters were read.
        if ((await count(workspaceId)) === rows.length) return { rows, counters, hourly };
      }
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
