import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { LineBuffer } from "./spool-line.ts";

/** The records as a segment holds them. */
export function linesOf(...records: RequestLogRecord[]): Buffer {
  const lines = new LineBuffer();
  for (const record of records) lines.add(record);
  return Buffer.from(lines.bytes);
}
