import { STATUS_CODES } from "node:http";

const lines = new Map<number, string>();
for (const [code, reason] of Object.entries(STATUS_CODES)) lines.set(Number(code), `${code} ${reason}`);

/** The status with its reason phrase, such as `200 OK`; a status without a registered phrase stands alone. */
export function statusLine(status: number): string {
  return lines.get(status) ?? `${status} Status`;
}
