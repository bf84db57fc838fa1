import type { AttemptRecord } from "@perpetuo/contracts/request-log";
import { noUsage, type Usage } from "@perpetuo/contracts/usage";
import { addUsage, costMicros } from "@perpetuo/gateway/price";
import type { Target } from "@perpetuo/gateway/routing/target";
import type { Receipt } from "./receipt.ts";

/** What a usage costs at a target, in micro-dollars; null when its price is not known. */
export function costAt(
  { principal }: Pick<Receipt, "principal">,
  target: Target,
  usage: Usage,
): number | null {
  if (principal === null) return null;
  return costMicros(usage, principal.config.price(target.providerKey.provider, target.upstreamModel));
}

/**
 * Writes down what the call took that answered, or was left, and gives what all calls of the request cost. The row's tokens become
 * those of all its calls, so that tokens and cost tell of the same. Called once, at settlement.
 */
export function bill(receipt: Receipt): number | null {
  const { attempts, target, usage, wastedUsage } = receipt;
  let cost: number | null = 0;
  if (target !== null && usage !== noUsage) {
    cost = costAt(receipt, target, usage);
    const last = attempts[attempts.length - 1];
    if (last !== undefined) {
      last.input_tokens = usage.input_tokens;
      last.output_tokens = usage.output_tokens;
      last.cost_micros = cost;
    }
    if (attempts.length < 2) return cost;
  }
  if (wastedUsage !== null) receipt.usage = addUsage(usage, wastedUsage);
  return attempts.length === 0 ? cost : sumOf(attempts);
}

/**
 * Null when tokens were used at an unknown price, or when of no attempt it is known what it took. Beside a known one, a call whose
 * tokens nobody counted adds nothing.
 */
function sumOf(attempts: readonly AttemptRecord[]): number | null {
  let sum: number | null = null;
  for (const { input_tokens, output_tokens, cost_micros } of attempts) {
    if (cost_micros !== null) sum = (sum ?? 0) + cost_micros;
    else if ((input_tokens ?? 0) > 0 || (output_tokens ?? 0) > 0) return null;
  }
  return sum;
}
