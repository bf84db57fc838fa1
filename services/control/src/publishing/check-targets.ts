import type { DraftRemark } from "@perpetuo/contracts/api/config";
import type { RouteConfig } from "@perpetuo/contracts/routing";
import type { NamedProviderKey } from "@perpetuo/database/queries/control/drafts";
import { onRoute } from "./remarks.ts";

type Keys = ReadonlyMap<string, NamedProviderKey>;

/** Targets that nobody can be called through, or that are there twice. */
export function targetProblems(route: RouteConfig, keys: Keys): DraftRemark[] {
  const seen = new Set<string>();
  return route.targets.flatMap(({ provider_key_id, upstream_model }, index) => {
    const remarks: DraftRemark[] = [];
    const field = `targets.${index}.provider_key_id`;
    if (!keys.has(provider_key_id)) {
      const says = `has target ${index + 1} on a provider key that the workspace does not have.`;
      remarks.push(onRoute(route, { kind: "provider_key_missing", field, says }));
    }
    const identity = JSON.stringify([provider_key_id, upstream_model]);
    if (seen.has(identity)) {
      const says = `has target ${index + 1} twice: the same provider key and model stand before it.`;
      remarks.push(onRoute(route, { kind: "target_repeated", field: `targets.${index}`, says }));
    }
    seen.add(identity);
    return remarks;
  });
}

/** A provider key's switch is live: a disabled one is passed over until somebody enables it. */
export function disabledKeyWarnings(route: RouteConfig, keys: Keys): DraftRemark[] {
  return route.targets.flatMap(({ provider_key_id }, index) => {
    const key = keys.get(provider_key_id);
    if (key === undefined || key.enabled) return [];
    const says = `has target ${index + 1} on the provider key "${key.name}", which is disabled and passed over.`;
    return [
      onRoute(route, { kind: "provider_key_disabled", field: `targets.${index}.provider_key_id`, says }),
    ];
  });
}
