import { canonicalJson } from "@perpetuo/contracts/canonical-json";
import type { ConfigSnapshot } from "@perpetuo/contracts/routing";
import { insertPolicy, updatePolicy } from "@perpetuo/database/queries/control/policies";
import { insertRoute, type RouteRow, updateRoute } from "@perpetuo/database/queries/control/routes";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { readDraft, toPolicyConfig, toRouteConfig } from "./draft.ts";

/**
 * Makes the draft say what a snapshot says, so that the next publication does not undo the rollback. Nothing that
 * somebody typed is lost: an enabled route that the snapshot lacks is disabled and placed behind the others, which is
 * what the answer lists; disabled routes, and policies that no route of the snapshot names, stay. The caller holds the draft.
 */
export async function resetDraft(
  transaction: Transaction,
  { workspace_id, snapshot }: { workspace_id: string; snapshot: ConfigSnapshot },
): Promise<RouteRow[]> {
  const draft = await readDraft(transaction, workspace_id);
  const policies = new Map(draft.policies.map((policy) => [policy.id, policy]));
  for (const policy of snapshot.policies) {
    const { policy_id: id, ...values } = policy;
    const present = policies.get(id);
    if (present === undefined) await insertPolicy(transaction, { workspace_id, id, ...values });
    else if (canonicalJson(toPolicyConfig(present)) !== canonicalJson(policy)) {
      await updatePolicy(transaction, { workspace_id, id }, values);
    }
  }
  const routes = new Map(draft.routes.map((route) => [route.id, route]));
  for (const [index, route] of snapshot.routes.entries()) {
    const { route_id: id, ...values } = route;
    const state = { enabled: true, position: index + 1 };
    const present = routes.get(id);
    if (present === undefined) await insertRoute(transaction, { workspace_id, id, ...values, enabled: true });
    const isSame =
      present?.enabled === state.enabled &&
      present.position === state.position &&
      canonicalJson(toRouteConfig(present)) === canonicalJson(route);
    if (!isSame) await updateRoute(transaction, { workspace_id, id }, { ...values, ...state });
  }
  const kept = new Set(snapshot.routes.map(({ route_id }) => route_id));
  return setAside(transaction, workspace_id, {
    routes: draft.routes.filter(({ id }) => !kept.has(id)),
    firstPosition: snapshot.routes.length + 1,
  });
}

/** Disables routes and places them behind the others; gives those that were enabled. */
async function setAside(
  transaction: Transaction,
  workspace_id: string,
  { routes, firstPosition }: { routes: RouteRow[]; firstPosition: number },
): Promise<RouteRow[]> {
  for (const [index, { id, enabled, position }] of routes.entries()) {
    const state = { enabled: false, position: firstPosition + index };
    if (enabled || position !== state.position) await updateRoute(transaction, { workspace_id, id }, state);
  }
  return routes.filter(({ enabled }) => enabled);
}
