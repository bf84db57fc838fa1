import type { DraftRemark } from "@perpetuo/contracts/api/config";
import type { RouteConfig, RouteMatch } from "@perpetuo/contracts/routing";
import {
  compilePattern,
  fitsPattern,
  isPattern,
  type NamePattern,
} from "@perpetuo/gateway/routing/name-pattern";
import { onRoute } from "./remarks.ts";

/**
 * Comparisons of two patterns before the search gives up: some tens of milliseconds. Without it, one workspace with
 * hundreds of patterns in each of hundreds of routes would hold up everybody's control plane.
 */
const mostComparisons = 500_000;

/** A route with its patterns ready to be held against others. */
type Prepared = { route: RouteConfig; names: ReadonlySet<string>; patterns: readonly NamePattern[] };

/**
 * Routes that no request can reach, because every one that they match is answered by a route before them. What is not
 * found within the bound is not reported.
 */
export function shadowWarnings(routes: readonly RouteConfig[]): DraftRemark[] {
  const work = { left: mostComparisons };
  const prepared = routes.map(prepare);
  return routes.flatMap((route, index) => {
    const shadows = shadowsOf(route, prepared.slice(0, index), work);
    if (shadows === null) return [];
    const names = shadows.map(({ name }) => `"${name}"`).join(" and ");
    const says = `is never reached: ${names} before it ${shadows.length === 1 ? "answers" : "answer"} all that it matches.`;
    return [onRoute(route, { kind: "route_shadowed", field: "match", says })];
  });
}

function prepare(route: RouteConfig): Prepared {
  const { models } = route.match;
  return { route, names: new Set(models), patterns: models.filter(isPattern).map(compilePattern) };
}

/** The earlier routes that together take everything; null when something is left. */
function shadowsOf(
  route: RouteConfig,
  earlier: readonly Prepared[],
  work: { left: number },
): RouteConfig[] | null {
  const candidates = earlier.filter((other) => asksForNoMore(other.route.match, route.match));
  const shadows = new Set<RouteConfig>();
  for (const model of route.match.models) {
    const shadow = candidates.find((candidate) => covers(candidate, model, work));
    if (shadow === undefined) return null;
    shadows.add(shadow.route);
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
 * Whether a route is for every name that a pattern stands for. A star stands for any text, so it is covered by a star
 * alone: reading the covered pattern as a plain name, whose stars no letter equals, decides it.
 */
function covers({ names, patterns }: Prepared, model: string, work: { left: number }): boolean {
  if (names.has(model)) return true;
  return patterns.some((pattern) => {
    work.left -= 1;
    return work.left >= 0 && fitsPattern(pattern, model);
  });
}
