import type { AttemptRecord, RequestLogRecord } from "@perpetuo/contracts/request-log";
import { noUsage, type Usage } from "@perpetuo/contracts/usage";
import type { ModelCall } from "@perpetuo/gateway/adapter";
import { addUsage } from "@perpetuo/gateway/price";
import type { Plan, Target } from "@perpetuo/gateway/routing/target";
import { costAt } from "./bill.ts";
import type { Admission } from "./counters.ts";
import type { Dialect } from "./dialects/dialect.ts";
import type { Principal } from "./key-cache.ts";
import type { Place } from "./overload/entrance.ts";
import type { PhaseTimes } from "./server-timing.ts";

/**
 * What happened to one request, written by the phases and read once by settle: the only mutable object that they
 * share. Times are milliseconds of the monotonic clock.
 */
export type Receipt = {
  /** Identity of the log row (UUIDv7). */
  readonly id: string;
  /** What the client may have chosen; on every answer and log line. */
  readonly requestId: string;
  readonly endpoint: string;
  /** The words in which the gateway itself speaks to this client. */
  readonly dialect: Dialect;
  readonly acceptedAt: number;
  /** Wall-clock time of acceptance, epoch milliseconds. */
  readonly createdAt: number;
  principal: Principal | null;
  /** Held from authentication to settlement. */
  place: Place | null;
  call: ModelCall | null;
  /** What is reserved for this request until it is settled; null before admission. */
  admission: Admission | null;
  metadata: Record<string, string> | null;
  plan: Plan | null;
  target: Target | null;
  /** Calls to targets begun; `attempts` has those that are over. */
  calls: number;
  attempts: AttemptRecord[];
  /** Of the call that answered; once the request is settled, of all its calls. */
  usage: Usage;
  /** What calls took that failed all the same; null for nothing. */
  wastedUsage: Usage | null;
  usageEstimated: boolean;
  firstByteAt: number | null;
  /** Milliseconds that were the gateway's own: neither the client's upload nor the upstream's work. */
  gatewayMs: number;
  /** Since when the gateway itself has been at work; null while it waits for somebody else. */
  workingSince: number | null;
  /** For the answer's `Server-Timing`. */
  phases: PhaseTimes;
};

export function openReceipt(
  identity: Pick<Receipt, "id" | "requestId" | "endpoint" | "dialect" | "acceptedAt" | "createdAt">,
): Receipt {
  return {
    ...identity,
    principal: null,
    place: null,
    call: null,
    admission: null,
    metadata: null,
    plan: null,
    target: null,
    calls: 0,
    attempts: [],
    usage: noUsage,
    wastedUsage: null,
    usageEstimated: false,
    firstByteAt: null,
    gatewayMs: 0,
    workingSince: identity.acceptedAt,
    phases: { authMs: null, admitMs: null, planMs: null, ttfbMs: null },
  };
}

/** The gateway hands over to the client or the upstream and waits. */
export function pauseWork(receipt: Receipt, now: number): void {
  if (receipt.workingSince !== null) receipt.gatewayMs += now - receipt.workingSince;
  receipt.workingSince = null;
}

/** The gateway has the ball again. */
export function resumeWork(receipt: Receipt, now: number): void {
  receipt.workingSince ??= now;
}

export type EndedAttempt = Pick<AttemptRecord, "outcome" | "status" | "error"> & {
  /** The request went out and was not refused: no provider bills another one. */
  isBillable: boolean;
  /** What the provider counted of a call that failed all the same; null for every other one. */
  wasted: Usage | null;
  startedAt: number;
  firstByteAt: number | null;
  endedAt: number;
};

/** Writes one finished call to a target down. What the call that answers takes, settlement adds. */
export function recordAttempt(receipt: Receipt, target: Target, attempt: EndedAttempt): void {
  const { outcome, status, error, isBillable, wasted, startedAt, firstByteAt, endedAt } = attempt;
  const unsaid = isBillable ? null : 0;
  if (wasted !== null)
    receipt.wastedUsage = receipt.wastedUsage === null ? wasted : addUsage(receipt.wastedUsage, wasted);
  receipt.attempts.push({
    provider: target.providerKey.provider,
    provider_key_id: target.providerKey.provider_key_id,
    upstream_model: target.upstreamModel,
    outcome,
    status,
    error,
    input_tokens: wasted?.input_tokens ?? unsaid,
    output_tokens: wasted?.output_tokens ?? unsaid,
    cost_micros: wasted === null ? unsaid : costAt(receipt, target, wasted),
    started_ms: roundMs(startedAt - receipt.acceptedAt),
    first_byte_ms: firstByteAt === null ? null : roundMs(firstByteAt - receipt.acceptedAt),
    duration_ms: roundMs(endedAt - startedAt),
  });
}

/** How a request ended, as its log row says it. */
export type Verdict = { status: number; errorCode: string | null; errorMessage: string | null };

/** The log row of a request of an authenticated caller; null for a caller who was never authenticated. */
export function toLogRecord(
  receipt: Receipt,
  { verdict, now, cost }: { verdict: Verdict; now: number; cost: number | null },
): RequestLogRecord | null {
  const { principal, call, target } = receipt;
  if (principal === null) return null;
  pauseWork(receipt, now);
  return {
    id: receipt.id,
    workspace_id: principal.identity.workspace_id,
    api_key_id: principal.identity.api_key_id,
    request_id: receipt.requestId,
    endpoint: receipt.endpoint,
    config_version: principal.config.version,
    route_id: target === null ? (receipt.plan?.routeId ?? null) : target.routeId,
    requested_model: call?.model ?? null,
    provider: target?.providerKey.provider ?? null,
    provider_key_id: target?.providerKey.provider_key_id ?? null,
    upstream_model: target?.upstreamModel ?? null,
    status_code: verdict.status,
    error_code: verdict.errorCode,
    error_message: verdict.errorMessage,
    streamed: call?.stream ?? false,
    ...receipt.usage,
    usage_estimated: receipt.usageEstimated,
    cost_micros: cost,
    duration_ms: roundMs(now - receipt.acceptedAt),
    time_to_first_byte_ms:
      receipt.firstByteAt === null ? null : roundMs(receipt.firstByteAt - receipt.acceptedAt),
    overhead_us: Math.round(receipt.gatewayMs * 1_000),
    attempts: receipt.attempts,
    plan: receipt.plan?.candidates ?? [],
    metadata: receipt.metadata,
    user: call?.user ?? null,
    created_at: isoTime(receipt.createdAt),
  };
}

let latestSecond = Number.NaN;
/** The latest second's date and time, such as `2026-01-02T03:04:05.`. */
let secondText = "";

/** Epoch milliseconds, a whole number, as ISO 8601 in UTC. What the requests of a second share is made once. */
export function isoTime(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1_000);
  if (second !== latestSecond) {
    latestSecond = second;
    secondText = new Date(second * 1_000).toISOString().slice(0, -"000Z".length);
  }
  return `${secondText}${String(milliseconds - second * 1_000).padStart(3, "0")}Z`;
}

/** Milliseconds to the microsecond, so that a row does not carry a double's noise. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
