const parameter = "next";

/** The log-in that leads back to a place of the console afterwards. */
export function logInPath(place: { pathname: string; search: string }): string {
  const destination = `${place.pathname}${place.search}`;
  if (destination === "/app" || destination === "/app/") return "/app/login";
  return `/app/login?${new URLSearchParams({ [parameter]: destination })}`;
}

/**
 * Where a log-in leads. Only paths of the console itself count: anything else in the URL could have been put there by
 * another site, to send the reader away.
 */
export function returnPath(search: URLSearchParams): string {
  const destination = search.get(parameter);
  if (destination === null || !/^\/app\/[^/\\]/.test(destination)) return "/app";
  const resolved = new URL(destination, "http://console.invalid");
  if (resolved.host !== "console.invalid" || !resolved.pathname.startsWith("/app/")) return "/app";
  return `${resolved.pathname}${resolved.search}`;
}
