const locale = "en-US";

/** Buckets are hours and calendar days in UTC, and are shown as such: a day of the reader's zone would be another sum. */
const hourFormat = new Intl.DateTimeFormat(locale, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: "UTC",
});
const dayFormat = new Intl.DateTimeFormat(locale, {
  weekday: "short",
  month: "short",
  day: "numeric",
  timeZone: "UTC",
});
const hourTick = new Intl.DateTimeFormat(locale, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: "UTC",
});
const dayTick = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone: "UTC" });

/** A bucket in full. */
export function formatBucket(start: string, bucket: "hour" | "day"): string {
  const date = new Date(start);
  return bucket === "hour" ? `${hourFormat.format(date)} UTC` : dayFormat.format(date);
}

/** A bucket at an axis: the day stands where one begins. */
export function formatBucketTick(start: string, bucket: "hour" | "day"): string {
  const date = new Date(start);
  if (Number.isNaN(date.getTime())) return "";
  return bucket === "hour" && date.getUTCHours() !== 0 ? hourTick.format(date) : dayTick.format(date);
}
