import type { Receipt } from "./receipt.ts";

/** What of a request's time is named in its answer, in milliseconds; null where a phase was not reached. */
export type PhaseTimes = {
  /** From the head to the known caller. */
  authMs: number | null;
  /** Waiting for a place and judging limits; the wait for the client's body is not in it. */
  admitMs: number | null;
  planMs: number | null;
  /** From the last call's start to the first byte of the upstream's answer. */
  ttfbMs: number | null;
};

/**
 * The value of `Server-Timing` (https://www.w3.org/TR/server-timing/) as far as it is known when the head is written.
 * `overhead` is the gateway's own share until then.
 */
export function serverTiming(receipt: Receipt, now: number): string {
  const { authMs, admitMs, planMs, ttfbMs } = receipt.phases;
  const { gatewayMs, workingSince } = receipt;
  let value = "";
  if (authMs !== null) value = `auth;dur=${formatMs(authMs)}, `;
  if (admitMs !== null) value += `admit;dur=${formatMs(admitMs)}, `;
  if (planMs !== null) value += `plan;dur=${formatMs(planMs)}, `;
  if (ttfbMs !== null) value += `ttfb;dur=${formatMs(ttfbMs)}, `;
  return `${value}${overheadTiming(workingSince === null ? gatewayMs : gatewayMs + now - workingSince)}`;
}

/** The one entry of an answer that calls nobody. */
export function overheadTiming(milliseconds: number): string {
  return `overhead;dur=${formatMs(milliseconds)}`;
}

/** Three decimals out of whole microseconds: printing a double's digits takes several times as long. */
function formatMs(milliseconds: number): string {
  const micros = Math.max(0, Math.round(milliseconds * 1_000));
  const whole = Math.floor(micros / 1_000);
  const rest = micros - whole * 1_000;
  if (rest < 10) return `${whole}.00${rest}`;
  return rest < 100 ? `${whole}.0${rest}` : `${whole}.${rest}`;
}
