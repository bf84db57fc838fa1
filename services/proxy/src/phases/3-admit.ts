import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ModelCall } from "@perpetuo/gateway/adapter";
import type { Principal } from "../key-cache.ts";

/** Flags and counts that every thread sees; see `shared-state.ts`. */
export type AdmitDeps = {
  isSpoolFull: () => boolean;
  /** Requests of this thread between admission and settlement. */
  inFlight: () => number;
  maxInFlight: number;
};

/**
 * Decides whether the gateway takes the request on. Refusals that cost nothing come first. Throws `PerpetuoError`
 * (403, 503).
 */
export function admit(principal: Principal, call: ModelCall, deps: AdmitDeps): void {
  if (deps.isSpoolFull()) throw new PerpetuoError("spool_full", { retryAfterSeconds: 5 });
  if (deps.inFlight() > deps.maxInFlight) throw new PerpetuoError("overloaded", { retryAfterSeconds: 1 });
  const { models } = principal.identity;
  if (models !== null && !models.includes(call.model)) {
    throw new PerpetuoError("model_not_allowed", { param: "model" });
  }
}
