import type { IncomingMessage } from "node:http";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";

const wellFormed = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's `x-request-id` when it is well formed, so that ids join up across services; else a new one. */
export function requestIdOf(message: IncomingMessage): string {
  const header = message.headers["x-request-id"];
  return typeof header === "string" && wellFormed.test(header) ? header : uuidv7();
}
