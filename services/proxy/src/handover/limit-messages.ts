import type { Demand } from "@perpetuo/gateway/limits";
import type { Admission, AdmissionOutcome, LimitSubject } from "../counters.ts";
import type { LimitsState } from "./limits-state.ts";

/** What a thread asks of the process that counts, when that is not its own. */
export type LimitCall =
  | {
      kind: "admit";
      id: number;
      subjects: readonly LimitSubject[];
      demand: Demand;
      acceptedTime: number;
    }
  | { kind: "settle"; admission: Admission; actual: Demand };

/** From the supervisor to a child. */
export type LimitsToChild =
  /** Another generation counts from now on: what has been counted is asked for, and later calls go there. */
  | { kind: "hand-over-limits" }
  | { kind: "take-limits"; state: LimitsState }
  /** A call of another generation. */
  | { kind: "limit-call"; from: string; call: LimitCall }
  | { kind: "limit-answer"; id: number; outcome: AdmissionOutcome }
  /** A generation is gone, with all that it had under way. */
  | { kind: "release-limits"; generation: string }
  /** Whoever counted is gone. */
  | { kind: "count-again" };

/** From a child to the supervisor. */
export type LimitsFromChild =
  | { kind: "limits"; state: LimitsState }
  | { kind: "limits-taken" }
  | { kind: "limit-call"; call: LimitCall }
  | { kind: "limit-answer"; to: string; id: number; outcome: AdmissionOutcome };

const kindsFromChild = new Set(["limits", "limits-taken", "limit-call", "limit-answer"]);
const kindsToChild = new Set([
  "hand-over-limits",
  "take-limits",
  "limit-call",
  "limit-answer",
  "release-limits",
  "count-again",
]);

export function isLimitsFromChild<TMessage extends { kind: string }>(
  message: TMessage | LimitsFromChild,
): message is LimitsFromChild {
  return kindsFromChild.has(message.kind);
}

export function isLimitsToChild<TMessage extends { kind: string }>(
  message: TMessage | LimitsToChild,
): message is LimitsToChild {
  return kindsToChild.has(message.kind);
}
