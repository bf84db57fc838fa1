import type { DraftRemark } from "@perpetuo/contracts/api/config";
import { canonicalJson } from "@perpetuo/contracts/canonical-json";
import { type ConfigSnapshot, configSnapshotSchema, longestSnapshot } from "@perpetuo/contracts/routing";
import type { NamedProviderKey } from "@perpetuo/database/queries/control/drafts";
import { patternProblems } from "./check-patterns.ts";
import { disabledKeyWarnings, targetProblems } from "./check-targets.ts";
import { timeoutProblems } from "./check-timeouts.ts";
import { onPolicy, onRoute, type Remarks } from "./remarks.ts";
import { shadowWarnings } from "./shadowed-routes.ts";

/** Everything that is wrong with a snapshot, or odd about it, in a workspace with these provider keys. */
export function checkSnapshot(snapshot: ConfigSnapshot, providerKeys: readonly NamedProviderKey[]): Remarks {
  const keys = new Map(providerKeys.map((key) => [key.id, key]));
  const { routes } = snapshot;
  return {
    problems: [
      ...schemaProblems(snapshot),
      ...nameProblems(snapshot),
      ...policyProblems(snapshot),
      ...routes.flatMap(patternProblems),
      ...routes.flatMap((route) => targetProblems(route, keys)),
      ...timeoutProblems(snapshot),
      ...sizeProblems(snapshot),
    ],
    warnings: [...routes.flatMap((route) => disabledKeyWarnings(route, keys)), ...shadowWarnings(routes)],
  };
}

/** What the data plane would not understand: a stored draft may be older than a rule. */
function schemaProblems(snapshot: ConfigSnapshot): DraftRemark[] {
  const { error } = configSnapshotSchema.safeParse(snapshot);
  return (error?.issues ?? []).map(({ path, message }) => {
    const [list, index, ...rest] = path;
    const remark = {
      kind: "invalid_value" as const,
      field: rest.join("."),
      says: `is not valid: ${message}.`,
    };
    const route = list === "routes" && snapshot.routes[Number(index)];
    if (route) return onRoute(route, remark);
    const policy = list === "policies" && snapshot.policies[Number(index)];
    if (policy) return onPolicy(policy, remark);
    const field = path.join(".");
    return { kind: remark.kind, route_id: null, policy_id: null, field, message: `${field}: ${message}.` };
  });
}

function nameProblems({ routes, policies }: ConfigSnapshot): DraftRemark[] {
  const remark = (kind: "route" | "policy") => ({
    kind: "name_taken" as const,
    field: "name",
    says: `has the name of another ${kind}.`,
  });
  return [
    ...repeated(routes, ({ name }) => name).map((route) => onRoute(route, remark("route"))),
    ...repeated(policies, ({ name }) => name).map((policy) => onPolicy(policy, remark("policy"))),
  ];
}

function policyProblems({ routes, policies }: ConfigSnapshot): DraftRemark[] {
  const present = new Set(policies.map((policy) => policy.policy_id));
  return routes
    .filter(({ policy_id }) => policy_id !== null && !present.has(policy_id))
    .map((route) =>
      onRoute(route, {
        kind: "policy_missing",
        field: "policy_id",
        says: "names a policy that is not there.",
      }),
    );
}

/** Every thread of every gateway holds the snapshot in memory. */
function sizeProblems(snapshot: ConfigSnapshot): DraftRemark[] {
  const { length } = canonicalJson(snapshot);
  if (length <= longestSnapshot) return [];
  const message = `The routes and policies take ${length} characters together; ${longestSnapshot} are allowed.`;
  return [{ kind: "too_large", route_id: null, policy_id: null, field: "routes", message }];
}

/** The items whose key an earlier item has. */
function repeated<TItem>(items: readonly TItem[], keyOf: (item: TItem) => string): TItem[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}
