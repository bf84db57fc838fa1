/** SQLSTATE of a unique violation. */
const uniqueViolation = "23505";

/** Codes of postgres.js and Node for a server that cannot be reached, and SQLSTATEs of one that is starting or stopping. */
const unreachableCodes = new Set([
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "53300",
  "57P01",
  "57P02",
  "57P03",
]);

/** Whether a query failed because the database was not there, rather than because of the query. */
export function isUnreachable(error: unknown): boolean {
  return causesOf(error).some((cause) => unreachableCodes.has(textOf(cause, "code")));
}

/** The name of the unique constraint that a query broke, or null when it failed for another reason. */
export function brokenUniqueConstraint(error: unknown): string | null {
  const violation = causesOf(error).find((cause) => textOf(cause, "code") === uniqueViolation);
  return violation === undefined ? null : textOf(violation, "constraint_name");
}

/** An error and what caused it: Drizzle wraps the driver's error. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  let present = error;
  while (present instanceof Error && causes.length < 5) {
    causes.push(present);
    present = present.cause;
  }
  return causes;
}

function textOf(error: Error, field: "code" | "constraint_name"): string {
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" ? value : "";
}
