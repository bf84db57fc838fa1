import type { Header } from "./exchange.ts";

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

export function passableHeaders(headers: Record<string, string | string[] | undefined>): Header[] {
  const passed: Header[] = [];
  for (const name of passable) {
    const value = headers[name];
    // Nothing but visible characters may pass: a line break would begin a header of the provider's making.
    if (typeof value === "string" && /^[\x20-\x7e]*$/.test(value)) passed.push([name, value]);
  }
  return passed;
}
