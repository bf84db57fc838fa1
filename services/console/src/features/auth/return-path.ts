const parameter = "next";

/** The place that leads on to the workspace that was open last. */
const home = "/app";

/** Stands for the console's own origin while a path is resolved as a browser would. */
const placeholderOrigin = "http://console.invalid";

/** The log-in that leads back to a place of the console afterwards. */
export function logInPath(place: { pathname: string; search: string }): string {
  const destination = `${place.pathname}${place.search}`;
  if (destination === "/app" || destination === "/app/") return "/app/login";
  return `/app/login?${new URLSearchParams({ [parameter]: destination })}`;
}

/**
 * Where a log-in leads. Only paths of the console itself count: anything else in the URL could have been put there by
 * another site, to send the reader away. `otherwise` is for a URL that names none.
 */
export function returnPath(search: URLSearchParams, otherwise = home): string {
  const destination = search.get(parameter);
  if (destination === null) return otherwise;
  const resolved = URL.parse(destination, placeholderOrigin);
  if (resolved?.origin !== placeholderOrigin || !/^\/app\/[^/]/.test(resolved.pathname)) return home;
  return `${resolved.pathname}${resolved.search}`;
}
