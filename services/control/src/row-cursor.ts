import { PerpetuoError } from "@perpetuo/contracts/errors";

/** Where a row stands in a list that is ordered by time and id. */
export type RowPosition = { created_at: Date; id: string };

const pattern = /^(\d{1,15})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
/** The end of the year 9999: PostgreSQL does not read what ISO 8601 makes of later ones. */
const latestTime = 253_402_300_799_999;

/** Names the last row of a page, so that the next one starts after it. Opaque to callers. */
export function encodeRowCursor({ created_at, id }: RowPosition): string {
  return Buffer.from(`${created_at.getTime()}_${id}`).toString("base64url");
}

/**
 * @param field the input's name for the cursor.
 * @throws {PerpetuoError} `invalid_request` for anything but a cursor from an earlier answer.
 */
export function decodeRowCursor(cursor: string, field = "cursor"): RowPosition {
  const [, time, id] = pattern.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  if (time === undefined || id === undefined || Number(time) > latestTime) {
    throw new PerpetuoError("invalid_request", {
      message: `${field}: is not from an earlier answer.`,
      param: field,
    });
  }
  return { created_at: new Date(Number(time)), id };
}

/** Cuts a page from rows that were read with one more than its limit, which shows whether there is a next page. */
export function cutPage<TRow extends RowPosition>(
  rows: TRow[],
  limit: number,
): { shown: TRow[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { shown, next_cursor: last === undefined ? null : encodeRowCursor(last) };
}
