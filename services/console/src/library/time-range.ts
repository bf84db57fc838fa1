import { parseAsStringLiteral, useQueryState } from "nuqs";

/** The ranges that every page with figures offers; the parameter `range` of the URL holds the choice for all of them. */
export const timeRanges = ["24h", "7d", "30d", "90d"] as const;
export type TimeRange = (typeof timeRanges)[number];

type Bucket = "hour" | "day";

/** Sums are kept by the hour, so that nothing shorter than an hour can be drawn. */
const lengths: Record<TimeRange, { hours: number; bucket: Bucket }> = {
  "24h": { hours: 24, bucket: "hour" },
  "7d": { hours: 168, bucket: "hour" },
  "30d": { hours: 720, bucket: "day" },
  "90d": { hours: 2_160, bucket: "day" },
};

const millisecondsPerHour = 3_600_000;

/** What control is asked for; `from` is a whole hour, so that the same view asks the same question for an hour. */
export type Period = { bucket: Bucket; from: string };

export function periodOf(range: TimeRange, now: Date): Period {
  const { hours, bucket } = lengths[range];
  const currentHour = Math.floor(now.getTime() / millisecondsPerHour);
  return { bucket, from: new Date((currentHour - hours + 1) * millisecondsPerHour).toISOString() };
}

/** Whole days of a range, for questions that are asked in days. */
export function daysOf(range: TimeRange): number {
  return lengths[range].hours / 24;
}

/** The chosen range, which lives in the URL. */
export function useTimeRange(): [TimeRange, (range: TimeRange) => void] {
  const [range, setRange] = useQueryState(
    "range",
    parseAsStringLiteral(timeRanges).withDefault("24h").withOptions({ history: "replace" }),
  );
  return [range, (next) => void setRange(next)];
}
