import { messages } from "../messages/messages.ts";

/** One locale for the whole console; the texts are English, so the numbers are too. */
const locale = "en-US";

const wholeNumber = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const dollars = new Intl.NumberFormat(locale, { style: "currency", currency: "USD" });
const smallDollars = new Intl.NumberFormat(locale, {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 2,
  maximumFractionDigits: 6,
});

/** The smallest amount that is stored: one micro-dollar. */
const smallestDollars = 0.000001;

/**
 * Dollars of one request or of a sum. Null is an unknown price and says so: it is never shown as zero. Amounts under a
 * dollar keep up to six decimals, because a request often costs less than a cent.
 */
export function formatDollars(amount: number | null): string {
  if (amount === null) return messages.common.unknown;
  if (amount > 0 && amount < smallestDollars) return `<$${smallestDollars.toFixed(6)}`;
  return Math.abs(amount) < 1 ? smallDollars.format(amount) : dollars.format(amount);
}

export function formatCount(count: number): string {
  return wholeNumber.format(count);
}

const compactNumber = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });

/** A large count where there is little room: 12,345 is 12.3K. Below 10,000 it is exact. */
export function formatCompact(count: number): string {
  return count < 10_000 ? formatCount(count) : compactNumber.format(count);
}

const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const smallestShare = 0.001;

/** A share from 0 to 1 in percent. What is there never looks like nothing. */
export function formatShare(value: number): string {
  return value > 0 && value < smallestShare ? `<${share.format(smallestShare)}` : share.format(value);
}

/** A total that the server counts exactly only up to a limit. */
export function formatTotal(total: number, capped: boolean): string {
  return capped ? `${formatCount(total)}+` : formatCount(total);
}

const millisecondsPerSecond = 1_000;
const secondsPerMinute = 60;

/** Milliseconds, with the precision that a reader can use. Null (nothing was measured) is a dash. */
export function formatMilliseconds(milliseconds: number | null): string {
  if (milliseconds === null) return messages.common.none;
  if (milliseconds < 10) return `${trimZeros(milliseconds.toFixed(1))} ms`;
  const rounded = Math.round(milliseconds);
  if (rounded < millisecondsPerSecond) return `${rounded} ms`;
  const seconds = milliseconds / millisecondsPerSecond;
  if (seconds < 59.995) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  const rest = String(whole % secondsPerMinute).padStart(2, "0");
  return `${Math.floor(whole / secondsPerMinute)} min ${rest} s`;
}

/** Microseconds, shown as such below a millisecond. */
export function formatMicroseconds(microseconds: number): string {
  const rounded = Math.round(microseconds);
  return rounded < 1_000 ? `${rounded} µs` : formatMilliseconds(microseconds / 1_000);
}

function trimZeros(decimal: string): string {
  return decimal.replace(/\.0+$/, "");
}

const timeOfDay: Intl.DateTimeFormatOptions = {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
};
const timeFormat = new Intl.DateTimeFormat(locale, timeOfDay);
const dayFormat = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" });
const fullFormat = new Intl.DateTimeFormat(locale, {
  year: "numeric",
  month: "short",
  day: "numeric",
  ...timeOfDay,
  fractionalSecondDigits: 3,
  timeZoneName: "short",
});
const dateFormat = new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", day: "numeric" });

/** A moment for a dense column, in the reader's zone. `day` is null when it is today. */
export type Moment = { day: string | null; time: string };

export function formatMoment(timestamp: string, now: Date): Moment {
  const moment = new Date(timestamp);
  const isToday = moment.toDateString() === now.toDateString();
  return { day: isToday ? null : dayFormat.format(moment), time: timeFormat.format(moment) };
}

/** A moment in full, with milliseconds and the reader's zone. */
export function formatFullMoment(timestamp: string): string {
  return fullFormat.format(new Date(timestamp));
}

export function formatDate(timestamp: string): string {
  return dateFormat.format(new Date(timestamp));
}

const relativeFormat = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const relativeUnits = [
  { unit: "year", seconds: 31_557_600 },
  { unit: "month", seconds: 2_629_800 },
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3_600 },
  { unit: "minute", seconds: 60 },
] as const;

/** The distance of a moment from now, such as "5 minutes ago" or "in 3 days". */
export function formatRelative(timestamp: string, now: Date): string {
  const seconds = (new Date(timestamp).getTime() - now.getTime()) / millisecondsPerSecond;
  for (const step of relativeUnits) {
    if (Math.abs(seconds) >= step.seconds) {
      return relativeFormat.format(Math.trunc(seconds / step.seconds), step.unit);
    }
  }
  return relativeFormat.format(0, "second");
}
