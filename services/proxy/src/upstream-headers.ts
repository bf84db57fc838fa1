import type { Header } from "./exchange.ts";

/**
 * The upstream headers that a client may see. It is a list of what passes and not of what does not: hop-by-hop
 * headers, cookies, and headers that tell of the provider account and its limits stay behind also when they are new.
 */
const passable = [
  "content-type",
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
    if (typeof value === "string") passed.push([name, value]);
  }
  return passed;
}
