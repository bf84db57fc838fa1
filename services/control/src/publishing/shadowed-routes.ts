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
 * Comparisons of two names, patterns or values before the search gives up: some tens of milliseconds. Without it, one
 * workspace with hundreds of them in each of hundreds of routes would hold up everybody's control plane.
 */
const mostComparisons = 500_000;

/** A route with its patterns and conditions ready to be held against others. */
type Prepared = {
  route: RouteConfig;
  names: ReadonlySet<string>;
  patterns: readonly NamePattern[];
  conditions: readonly { name: string; values: ReadonlySet<string> }[];
};

/** What is left of `mostComparisons`. */
type Work = { left: number };

/**
 * Routes that no request can reach, because every one that they match is answered by a route before them. What is not
 * found within the bound is not reported.
 */
export function shadowWarnings(routes: readonly RouteConfig[]): DraftRemark[] {
  const work: Work = { left: mostComparisons };
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
  const { models, metadata } = route.match;
  return {
    route,
    names: new Set(models),
    patterns: models.filter(isPattern).map(compilePattern),
    conditions: Object.entries(metadata).map(([name, values]) => ({ name, values: new Set(values) })),
  };
}

/** The earlier routes that together take everything; null when something is left. */
function shadowsOf(route: RouteConfig, earlier: readonly Prepared[], work: Work): RouteConfig[] | null {
  const candidates = earlier.filter((other) => asksForNoMore(other, route.match, work));
  const shadows = new Set<RouteConfig>();
  for (const model of route.match.models) {
    const shadow = candidates.find((candidate) => covers(candidate, model, work));
    if (shadow === undefined) return null;
    shadows.add(shadow.route);
  }
  return [...shadows];
}

/** Whether every request that meets the narrower conditions on metadata meets the wider ones. */
function asksForNoMore({ conditions }: Prepared, narrower: RouteMatch, work: Work): boolean {
  return conditions.every(({ name, values }) => {
    const wanted = Object.hasOwn(narrower.metadata, name) ? narrower.metadata[name] : undefined;
    work.left -= wanted?.length ?? 0;
    return work.left >= 0 && wanted?.every((value) => values.has(value)) === true;
  });
}

/**
 * Whether a route is for every name that a pattern stands for. A star stands for any text, so it is covered by a star
 * alone: reading the covered pattern as a plain name, whose stars no letter equals, decides it.
 */
function covers({ names, patterns }: Prepared, model: string, work: Work): boolean {
  work.left -= 1;
  if (work.left >= 0 && names.has(model)) return true;
  return patterns.some((pattern) => {
    work.left -= 1;
    return work.left >= 0 && fitsPattern(pattern, model);
  });
}
