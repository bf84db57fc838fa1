import { PerpetuoError } from "@perpetuo/contracts/errors";

/**
 * Checks that a new order names everything that there is, once.
 * @throws {PerpetuoError} `not_found` for an id that is not there, `invalid_request` for one that is named twice,
 * `conflict` when some are missing: somebody added them after the caller read the list.
 */
export function requireWholeOrder(
  wanted: readonly string[],
  present: readonly { id: string }[],
  { field, item }: { field: string; item: string },
): void {
  const known = new Set(present.map(({ id }) => id));
  if (wanted.some((id) => !known.has(id))) {
    throw new PerpetuoError("not_found", { message: `There is no such ${item}.` });
  }
  if (new Set(wanted).size !== wanted.length) {
    throw new PerpetuoError("invalid_request", { message: `${field}: names a ${item} twice.` });
  }
  if (wanted.length !== known.size) {
    throw new PerpetuoError("conflict", {
      message: `The workspace has other ${item}s as well. Read the list again, then send all of it.`,
    });
  }
}
