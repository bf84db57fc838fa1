import type { Header } from "./exchange.ts";
import type { ResponseHeaders } from "./http1/response-head.ts";

/**
 * The upstream headers that a client may see. It is a list of what passes and not of what does not: hop-by-hop
 * headers, cookies, and headers that tell of the provider account and its limits stay behind also when they are new.
 */
const passable = [
  "content-type",
  "content-encoding",
  "content-language",
  "cache-control",
  "openai-version",
  "openai-processing-ms",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
];

/** `alsoPasses` is for what a provider of the client's own dialect says beside; null: nothing. */
export function passableHeaders(
  headers: ResponseHeaders,
  alsoPasses: ((name: string) => boolean) | null,
): Header[] {
  const passed: Header[] = [];
  for (const name of passable) pass(name, headers, passed);
  if (alsoPasses === null) return passed;
  for (const name in headers) if (alsoPasses(name)) pass(name, headers, passed);
  return passed;
}

function pass(name: string, headers: ResponseHeaders, passed: Header[]): void {
  const value = headers[name];
  // Nothing but visible characters may pass: a line break would begin a header of the provider's making.
  if (typeof value === "string" && /^[\x20-\x7e]*$/.test(value)) passed.push([name, value]);
}

/** Media types are compared without regard to case (RFC 9110, 8.3.1). */
export function isEventStream({ "content-type": type }: ResponseHeaders): boolean {
  return typeof type === "string" && type.slice(0, 17).toLowerCase() === "text/event-stream";
}

/** A compressed answer cannot be metered, nor can a stream of it end with an error event. */
export function isEncoded({ "content-encoding": encoding }: ResponseHeaders): boolean {
  return encoding !== undefined && encoding !== "identity";
}

/** Only the connection's end delimits the body (RFC 9112, 6.3): half of one looks like all of it. */
export function endsWithConnection(headers: ResponseHeaders): boolean {
  return headers["content-length"] === undefined && headers["transfer-encoding"] === undefined;
}
