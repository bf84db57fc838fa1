import type { ProviderName } from "./providers.ts";
import type { Usage } from "./usage.ts";

/**
 * How one attempt ended. `refused`: the provider's wire cannot carry the request, so nobody was called. `indeterminate`: the request
 * body was sent and no answer came, so the provider may bill it.
 */
export type AttemptOutcome = "ok" | "failed" | "refused" | "indeterminate" | "aborted";

/** One call to one target. Times are milliseconds since the request was accepted. */
export type AttemptRecord = {
  provider: ProviderName;
  provider_key_id: string;
  upstream_model: string;
  outcome: AttemptOutcome;
  /** HTTP status of the upstream; null when there was no answer. */
  status: number | null;
  error: string | null;
  /** What the provider counted, or the gateway in its place; null where neither could although it may be billed. */
  input_tokens: number | null;
  output_tokens: number | null;
  /** Micro-dollars; null when the tokens or their price are not known, and 0 for a call that the provider refused. */
  cost_micros: number | null;
  started_ms: number;
  first_byte_ms: number | null;
  duration_ms: number;
};

/** Why a candidate was chosen or passed over, in the order in which the plan looked at it. */
export type PlanCandidate = {
  provider_key_id: string;
  /** Null: a route names a provider key that is disabled or removed. */
  provider: ProviderName | null;
  upstream_model: string;
  verdict: "target" | "skipped";
  reason: string;
};

/**
 * One finished request of an authenticated caller: a line of the spool and a row of `request_logs`.
 * `id` is the identity of the row (UUIDv7, made by the gateway); `request_id` is what the client may have chosen.
 */
export type RequestLogRecord = Usage & {
  id: string;
  workspace_id: string;
  api_key_id: string;
  request_id: string;
  endpoint: string;
  config_version: number;
  route_id: string | null;
  requested_model: string | null;
  provider: ProviderName | null;
  provider_key_id: string | null;
  upstream_model: string | null;
  /** What the client saw; 499 when it left before its answer was complete. */
  status_code: number;
  error_code: string | null;
  error_message: string | null;
  streamed: boolean;
  usage_estimated: boolean;
  /** Micro-dollars, the sum over the attempts; null when tokens were used at an unknown price, or nothing is known of any attempt. */
  cost_micros: number | null;
  duration_ms: number;
  time_to_first_byte_ms: number | null;
  /** The gateway's own share of the duration, in microseconds. */
  overhead_us: number;
  attempts: AttemptRecord[];
  plan: PlanCandidate[];
  metadata: Record<string, string> | null;
  user: string | null;
  /** Time of acceptance, ISO 8601 in UTC. */
  created_at: string;
};
