import type { DraftRemark } from "@perpetuo/contracts/api/config";
import type { RouteConfig, RouteMatch } from "@perpetuo/contracts/routing";
import { compilePattern, fitsPattern, isPattern } from "@perpetuo/gateway/routing/name-pattern";
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
  return isPattern(wider) ? fitsPattern(compilePattern(wider), narrower) : wider === narrower;
}
