import type { RouteUse } from "@perpetuo/contracts/api/config";
import type { RouteConfig } from "@perpetuo/contracts/routing";
import { findLatestConfigVersion } from "@perpetuo/database/queries/control/config-versions";
import { listRoutes } from "@perpetuo/database/queries/control/routes";
import type { Transaction } from "@perpetuo/database/workspace-transaction";

/** The routes, published ones and those of the draft, that have a target on the provider key. */
export async function routesNamingKey(
  transaction: Transaction,
  { workspace_id, provider_key_id }: { workspace_id: string; provider_key_id: string },
): Promise<RouteUse[]> {
  const names = ({ targets }: Pick<RouteConfig, "targets">) =>
    targets.some((target) => target.provider_key_id === provider_key_id);
  const published = (await findLatestConfigVersion(transaction, workspace_id))?.snapshot.routes ?? [];
  const uses = new Map<string, RouteUse>();
  for (const { route_id, name } of published.filter(names)) {
    uses.set(route_id, { route_id, name, published: true, draft: false });
  }
  for (const { id, name } of (await listRoutes(transaction, workspace_id)).filter(names)) {
    uses.set(id, { route_id: id, name, published: uses.has(id), draft: true });
  }
  return [...uses.values()];
}
