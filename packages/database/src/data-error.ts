/** A record that cannot be written whatever the state of the database. */
export class InvalidRecordError extends Error {
  override readonly name = "InvalidRecordError";
}

/**
 * SQLSTATE classes in which the data is at fault: data exception (22), integrity constraint violation (23),
 * program limit exceeded (54), such as an index row that is too large.
 */
const dataClasses = new Set(["22", "23", "54"]);

/**
 * Tells a batch that no retry can save from a database that is away, full, older or too busy.
 * `true`: bisect the batch and set the bad records aside. `false`: keep the batch and try again later.
 */
export function isDataError(error: unknown): boolean {
  let present: unknown = error;
  for (let depth = 0; present instanceof Error && depth < 5; depth += 1) {
    if (present instanceof InvalidRecordError) return true;
    const code: unknown = Reflect.get(present, "code");
    if (present.name === "PostgresError" && typeof code === "string" && dataClasses.has(code.slice(0, 2))) {
      return true;
    }
    present = present.cause;
  }
  return false;
}
