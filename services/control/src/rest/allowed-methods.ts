import { restRoutes } from "./routes.ts";

const patterns = restRoutes.map(({ method, path }) => ({
  method,
  // A field of the path is one segment.
  pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`),
}));

/** The methods that a path of the REST API answers, none when it is no path of it. */
export function allowedMethods(path: string): string[] {
  return patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
}
