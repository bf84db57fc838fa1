import type { Field } from "../field.ts";
import type { UnaryResult } from "../load/generator/jobs.ts";
import { runUnary } from "../load/run-generator.ts";
import { bodyOf, plainRequest } from "../scenarios.ts";
import type { Target } from "../targets/target.ts";

/** The generator's own code is compiled, and its connections are open, after this time. */
const warmupSeconds = 2;

export type Pace = { rate: number; seconds: number };

/** Sends plain requests to a target at a constant rate, and waits until the gateway's log is in the database. */
export async function arriveAt(field: Field, target: Target, { rate, seconds }: Pace): Promise<UnaryResult> {
  const { url, headers } = target;
  const body = bodyOf(plainRequest, target);
  const result = await runUnary(
    { kind: "unary", url, headers, body, rate, warmupSeconds, seconds },
    field.settings,
  );
  if (target.kind === "perpetuo") await settleResult(field, result);
  return result;
}

/** Enters what a generator did at the gateway into the books. A refusal is logged as well, a broken connection perhaps. */
export async function settleResult(
  { books }: Field,
  { completed, failures }: { completed: number; failures: Record<string, number> },
): Promise<void> {
  await books.settle({ completed, possibly_in_flight: countFailures(failures) });
}

export function countFailures(failures: Record<string, number>): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0);
}
