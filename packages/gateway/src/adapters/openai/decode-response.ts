import type { DecodedResponse } from "../../adapter.ts";
import { readPassedAnswer } from "../passed-answer.ts";
import { readUsage } from "./usage.ts";

/** Reads the usage out of a whole answer; the bytes stay as they are, also when they are not JSON. */
export function decodeResponse(body: Buffer): DecodedResponse {
  return readPassedAnswer(body, readUsage);
}
