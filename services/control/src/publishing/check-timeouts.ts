import type { DraftRemark } from "@perpetuo/contracts/api/config";
import type { ConfigSnapshot, RouteTimeouts } from "@perpetuo/contracts/routing";
import { onPolicy, onRoute } from "./remarks.ts";

/** Each of these runs from the start of a call, so that one which is longer than a later one never ends anything. */
const nested = ["connect_ms", "first_byte_ms", "total_ms"] as const;

/** Timeouts that contradict each other, in a policy by itself or in a target together with its route's policy. */
export function timeoutProblems({ routes, policies }: ConfigSnapshot): DraftRemark[] {
  const ofPolicies = policies.flatMap((policy) =>
    contradictions(policy.timeouts).map(({ name, says }) =>
      onPolicy(policy, { kind: "timeouts_inconsistent", field: `timeouts.${name}`, says: `has ${says}` }),
    ),
  );
  const timeoutsOf = new Map(policies.map(({ policy_id, timeouts }) => [policy_id, timeouts]));
  const ofRoutes = routes.flatMap((route) => {
    const inherited = route.policy_id === null ? {} : (timeoutsOf.get(route.policy_id) ?? {});
    return route.targets.flatMap(({ timeouts }, index) =>
      contradictions({ ...inherited, ...timeouts })
        // A target may shorten its policy's limits; that the policy contradicts itself is said of the policy.
        .filter(({ name }) => timeouts[name] !== undefined)
        .map(({ name, says }) =>
          onRoute(route, {
            kind: "timeouts_inconsistent",
            field: `targets.${index}.timeouts.${name}`,
            says: `has target ${index + 1} with ${says}`,
          }),
        ),
    );
  });
  return [...ofPolicies, ...ofRoutes];
}

type Nested = (typeof nested)[number];

function contradictions(timeouts: RouteTimeouts): { name: Nested; says: string }[] {
  return nested.flatMap((name, index) =>
    nested.slice(index + 1).flatMap((other) => {
      const inner = timeouts[name];
      const outer = timeouts[other];
      if (inner === undefined || outer === undefined || inner <= outer) return [];
      return [{ name, says: `${name} ${inner} above ${other} ${outer}.` }];
    }),
  );
}
