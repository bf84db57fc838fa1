import type { DraftRemark } from "@perpetuo/contracts/api/config";
import type { RouteConfig } from "@perpetuo/contracts/routing";
import { onRoute } from "./remarks.ts";

/** Stars of one pattern; matching costs about their number times the name's length. */
const mostStars = 8;

/** Patterns that cannot match what their author means. */
export function patternProblems(route: RouteConfig): DraftRemark[] {
  return route.match.models.flatMap((pattern, index) => {
    const fault = faultOf(pattern);
    if (fault === null) return [];
    const says = `has the pattern "${pattern}", ${fault}`;
    return [onRoute(route, { kind: "pattern_invalid", field: `match.models.${index}`, says })];
  });
}

function faultOf(pattern: string): string | null {
  if (pattern !== pattern.trim()) return "which begins or ends with a space.";
  if (pattern.includes("**"))
    return "in which one * follows another: a single one stands for any text already.";
  if (pattern.split("*").length - 1 > mostStars) return `which has more than ${mostStars} stars.`;
  return null;
}
