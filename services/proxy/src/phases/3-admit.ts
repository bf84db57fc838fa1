import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Limits } from "@perpetuo/contracts/limits";
import type { ModelCall } from "@perpetuo/gateway/adapter";
import { estimateDemand } from "@perpetuo/gateway/demand";
import { shortlistsFor } from "@perpetuo/gateway/routing/shortlists";
import {
  type Admission,
  type AdmissionOutcome,
  type Counters,
  type LimitSubject,
  unlimitedAdmission,
} from "../counters.ts";
import type { Exchange } from "../exchange.ts";
import type { Principal } from "../key-cache.ts";
import { limitRefusal } from "../limit-refusal.ts";
import type { Entrance, Place } from "../overload/entrance.ts";
import type { Receipt } from "../receipt.ts";

export type AdmitDeps = {
  /** Records that wait for the database have reached their limit. */
  isSpoolFull: () => boolean;
  /** The disk takes no records. */
  isSpoolBlocked: () => boolean;
  /** The spool of an earlier run has reached the database, so that its sums are whole. */
  isSpoolReplayed: () => boolean;
  entrance: Pick<Entrance, "enter" | "leave">;
  counters: Counters;
};

export type AdmitInput = {
  principal: Principal;
  call: ModelCall;
  /** What routes may ask for. */
  metadata: Receipt["metadata"];
  acceptedTime: number;
};

/**
 * The first half of admission, before the body is read: room in the spool for the log record, and a place among the
 * requests in flight. Throws `PerpetuoError` (503).
 */
export function takePlace(
  principal: Principal,
  exchange: Pick<Exchange, "onInterruption">,
  { isSpoolFull, isSpoolBlocked, entrance }: AdmitDeps,
): Place | Promise<Place> {
  if (isSpoolFull() || isSpoolBlocked()) throw new PerpetuoError("spool_full", { retryAfterSeconds: 5 });
  return entrance.enter(principal.identity.workspace_id, exchange);
}

/** Gives the request's place to the next one, once. */
export function leavePlace(receipt: Receipt, { entrance }: { entrance: Pick<Entrance, "leave"> }): void {
  if (receipt.place === null) return;
  entrance.leave(receipt.place);
  receipt.place = null;
}

/**
 * Decides whether the call is within the caller's rights and limits, and reserves what it may take. Refusals that cost
 * nothing come first. Throws `PerpetuoError` (403, 429, 503).
 */
export function admit(input: AdmitInput, deps: AdmitDeps): Admission | Promise<Admission> {
  const { principal, call, acceptedTime } = input;
  requireAllowed(call, principal.identity.models);
  const subjects = subjectsOf(principal);
  if (subjects.length === 0) return unlimitedAdmission(acceptedTime);
  const budgeted = subjects.some(({ limits }) => hasBudget(limits));
  if (budgeted && !deps.isSpoolReplayed()) {
    throw new PerpetuoError("not_ready", {
      message: "Budgets are being rebuilt after a restart.",
      retryAfterSeconds: 1,
    });
  }
  const demand = estimateDemand(call, shortlistsFor(call, principal.config, input.metadata));
  if (budgeted && demand.costMicros === null) {
    throw new PerpetuoError("model_price_unknown", {
      message: `The model '${call.model}' has no known price, so it cannot be used under a budget.`,
      param: "model",
    });
  }
  const known = { tokens: demand.tokens, costMicros: demand.costMicros ?? 0 };
  const outcome = deps.counters.admit(subjects, known, acceptedTime);
  return outcome instanceof Promise ? outcome.then(conclude) : conclude(outcome);
}

/** Every model that the request names has to be one of the key's. */
function requireAllowed({ model, preference }: ModelCall, allowed: readonly string[] | null): void {
  if (allowed === null) return;
  if (!allowed.includes(model)) throw new PerpetuoError("model_not_allowed", { param: "model" });
  for (const name of preference?.models ?? []) {
    if (allowed.includes(name)) continue;
    throw new PerpetuoError("model_not_allowed", {
      message: `This API key is not allowed to use the model '${name}'.`,
      param: "models",
    });
  }
}

function conclude(outcome: AdmissionOutcome): Admission {
  switch (outcome.kind) {
    case "admitted":
      return outcome.admission;
    case "refused":
      throw limitRefusal(outcome);
    case "unavailable":
      throw new PerpetuoError("overloaded", { internal: outcome.reason, retryAfterSeconds: 1 });
  }
}

/** The API key first: its limits are usually the tighter ones. */
function subjectsOf({ identity, config }: Principal): LimitSubject[] {
  const subjects: LimitSubject[] = [];
  if (isLimited(identity.limits)) {
    subjects.push({
      scope: "api_key",
      id: identity.api_key_id,
      limits: identity.limits,
      spent: identity.spent,
    });
  }
  const { limits, spent } = config.source;
  if (isLimited(limits)) subjects.push({ scope: "workspace", id: config.workspaceId, limits, spent });
  return subjects;
}

function isLimited(limits: Limits): boolean {
  for (const name in limits) if (limits[name as keyof Limits] !== undefined) return true;
  return false;
}

function hasBudget(limits: Limits): boolean {
  return limits.budget_daily_micros !== undefined || limits.budget_monthly_micros !== undefined;
}
