import { z } from "../../library/form-schema.ts";
import { messages } from "../../messages/messages.ts";

const text = messages.budgets.dialog;

const microsPerDollar = 1_000_000;

const dollars = z.string().check(z.trim(), z.regex(/^(\d{1,9}(\.\d{1,6})?)?$/, text.dollarsInvalid));
const count = z.string().check(z.trim(), z.regex(/^([1-9]\d{0,14})?$/, text.countInvalid));

/** The form's fields are texts; an empty one is no limit. */
export const limitsForm = z.object({
  day: dollars,
  month: dollars,
  requests: count,
  tokens: count,
  concurrent: count,
});
export type LimitsForm = z.infer<typeof limitsForm>;

/** Dollars as typed, in whole micro-dollars; digit by digit, because binary fractions would round. */
export function toMicros(typed: string): number | null {
  if (typed === "") return null;
  const [whole = "0", fraction = ""] = typed.split(".");
  return Number(whole) * microsPerDollar + Number(fraction.padEnd(6, "0"));
}

/** Micro-dollars as one would type them. */
export function fromMicros(micros: number | null): string {
  if (micros === null) return "";
  const whole = Math.floor(micros / microsPerDollar);
  const fraction = String(micros % microsPerDollar)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return fraction === "" ? String(whole) : `${whole}.${fraction.padEnd(2, "0")}`;
}

export function toCount(typed: string): number | null {
  return typed === "" ? null : Number(typed);
}

export function fromCount(value: number | null): string {
  return value === null ? "" : String(value);
}
