import { maximumUsageBuckets, type UsageBucket } from "@perpetuo/contracts/api/usage-series";
import { PerpetuoError } from "@perpetuo/contracts/errors";

const hourMs = 60 * 60 * 1000;
export const bucketLengthMs: Readonly<Record<UsageBucket, number>> = { hour: hourMs, day: 24 * hourMs };
/** A period without a start has this many buckets. */
const defaultBuckets: Readonly<Record<UsageBucket, number>> = { hour: 24, day: 30 };

/** The start of the year 9999, behind which a period's end would not be a moment of the API any more. */
const latestEnd = Date.UTC(9999, 0);

/** A leap year of hours. */
export const maximumExportBuckets = 366 * 24;

export type PeriodInput = { bucket: UsageBucket; from?: string | undefined; to?: string | undefined };

/** Whole buckets, in UTC. `from` is inclusive, `to` exclusive. */
export type Period = { bucket: UsageBucket; from: Date; to: Date };

/**
 * Moves a period outwards to whole buckets.
 * @throws {PerpetuoError} `invalid_request` for a period that ends before it begins or too late, or has too many buckets.
 */
export function readPeriod(
  input: PeriodInput,
  now: number,
  maximumBuckets: number = maximumUsageBuckets,
): Period {
  const length = bucketLengthMs[input.bucket];
  const to = Math.ceil((input.to === undefined ? now + 1 : Date.parse(input.to)) / length) * length;
  const from =
    input.from === undefined
      ? to - defaultBuckets[input.bucket] * length
      : Math.floor(Date.parse(input.from) / length) * length;
  if (from >= to) {
    throw new PerpetuoError("invalid_request", { message: "to: must be after from.", param: "to" });
  }
  if (to > latestEnd) {
    throw new PerpetuoError("invalid_request", { message: "to: must be before the year 9999.", param: "to" });
  }
  if ((to - from) / length > maximumBuckets) {
    throw new PerpetuoError("invalid_request", {
      message: `from: the period has more than ${maximumBuckets} buckets.`,
      param: "from",
    });
  }
  return { bucket: input.bucket, from: new Date(from), to: new Date(to) };
}
