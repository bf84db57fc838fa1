import type { DraftRemark } from "@perpetuo/contracts/api/config";
import type { RouteConfig, RouteMatch } from "@perpetuo/contracts/routing";
import { onRoute } from "./remarks.ts";

/** Routes that no request can reach, because every one that they match is answered by a route before them. */
export function shadowWarnings(routes: readonly RouteConfig[]): DraftRemark[] {
  return routes.flatMap((route, index) => {
    const shadows = shadowsOf(route, routes.slice(0, index));
    if (shadows === null) return [];
    const names = shadows.map(({ name }) => `"${name}"`).join(" and ");
    const says = `is never reached: ${names} before it ${shadows.length === 1 ? "answers" : "answer"} all that it matches.`;
    return [onRoute(route, { kind: "route_shadowed", field: "match", says })];
  });
}

/** The earlier routes that together take everything; null when something is left. */
function shadowsOf(route: RouteConfig, earlier: readonly RouteConfig[]): RouteConfig[] | null {
  const candidates = earlier.filter(({ match }) => asksForNoMore(match, route.match));
  const shadows = new Set<RouteConfig>();
  for (const pattern of route.match.models) {
    const shadow = candidates.find(({ match }) => match.models.some((wider) => covers(wider, pattern)));
    if (shadow === undefined) return null;
    shadows.add(shadow);
  }
  return [...shadows];
}

/** Whether every request that meets the narrower conditions on metadata meets the wider ones. */
function asksForNoMore(wider: RouteMatch, narrower: RouteMatch): boolean {
  return Object.entries(wider.metadata).every(([name, values]) => {
    const wanted = Object.hasOwn(narrower.metadata, name) ? narrower.metadata[name] : undefined;
    return wanted?.every((value) => values.includes(value)) === true;
  });
}

/**
 * Whether every name that the narrower pattern matches is matched by the wider one. A star stands for any text, so it
 * is covered by a star alone: reading the narrower pattern as a plain name, whose stars no letter equals, decides it.
 */
function covers(wider: string, narrower: string): boolean {
  const [first = "", ...rest] = wider.split("*");
  const last = rest.pop();
  if (last === undefined) return wider === narrower;
  if (!narrower.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = narrower.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return narrower.length - last.length >= from && narrower.endsWith(last);
}
