import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { LogPosition } from "@perpetuo/database/queries/control/request-logs";

const pattern = /^(\d{1,15})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
/** The last millisecond that a `Date` holds. */
const latestTime = 8_640_000_000_000_000;

/** Names the last row of a page, so that the next one starts after it. Opaque to callers. */
export function encodeLogCursor({ created_at, id }: LogPosition): string {
  return Buffer.from(`${created_at.getTime()}_${id}`).toString("base64url");
}

/** @throws {PerpetuoError} `invalid_request` for anything but a cursor from an earlier answer. */
export function decodeLogCursor(cursor: string): LogPosition {
  const [, time, id] = pattern.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  if (time === undefined || id === undefined || Number(time) > latestTime) {
    throw new PerpetuoError("invalid_request", {
      message: "cursor: is not a next_cursor of an earlier answer.",
      param: "cursor",
    });
  }
  return { created_at: new Date(Number(time)), id };
}
