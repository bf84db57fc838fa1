/** Origin and path prefix of a base URL, without a trailing slash. */
export function splitBaseUrl(baseUrl: string): { origin: string; prefix: string } {
  const url = new URL(baseUrl);
  return { origin: url.origin, prefix: url.pathname === "/" ? "" : url.pathname.replace(/\/+$/, "") };
}
