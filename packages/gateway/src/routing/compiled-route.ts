import type { ConfigSnapshot, PolicyConfig, RouteConfig } from "@perpetuo/contracts/routing";
import { compilePattern, fitsPattern, isPattern, type NamePattern } from "./name-pattern.ts";

/** A published route, ready to be held against requests. */
export type CompiledRoute = {
  readonly config: RouteConfig;
  readonly policy: PolicyConfig | null;
  readonly names: ReadonlySet<string>;
  readonly patterns: readonly NamePattern[];
  readonly conditions: readonly MetadataCondition[];
};

/** The named entry of a request's metadata must have one of the values. */
type MetadataCondition = { readonly entry: string; readonly values: ReadonlySet<string> };

/** A request's metadata: the header's entries and those of the body. */
export type Metadata = Readonly<Record<string, string>> | null;

/** Whether a route's match fits a request. A route fits when nothing is against it. */
export type RouteVerdict =
  | { kind: "fits" }
  | { kind: "other-name" }
  | { kind: "metadata-absent"; entry: string }
  | { kind: "metadata-differs"; entry: string };

const fits: RouteVerdict = { kind: "fits" };

/** Compiles a snapshot's routes, in their order. */
export function compileRoutes({ routes, policies }: ConfigSnapshot): CompiledRoute[] {
  const byId = new Map(policies.map((policy) => [policy.policy_id, policy]));
  return routes.map((config) => ({
    config,
    policy: config.policy_id === null ? null : (byId.get(config.policy_id) ?? null),
    names: new Set(config.match.models.filter((name) => !isPattern(name))),
    patterns: config.match.models.filter(isPattern).map(compilePattern),
    conditions: Object.entries(config.match.metadata).map(([entry, values]) => ({
      entry,
      values: new Set(values),
    })),
  }));
}

/** Whether the route is for the name, whatever its conditions. */
export function isForName({ names, patterns }: CompiledRoute, model: string): boolean {
  return names.has(model) || patterns.some((pattern) => fitsPattern(pattern, model));
}

/** What the route's conditions say of a request whose name fits. */
export function judgeConditions({ conditions }: CompiledRoute, metadata: Metadata): RouteVerdict {
  for (const { entry, values } of conditions) {
    const value = metadata !== null && Object.hasOwn(metadata, entry) ? metadata[entry] : undefined;
    if (value === undefined) return { kind: "metadata-absent", entry };
    if (!values.has(value)) return { kind: "metadata-differs", entry };
  }
  return fits;
}

/** Both together. */
export function judgeRoute(route: CompiledRoute, model: string, metadata: Metadata): RouteVerdict {
  return isForName(route, model) ? judgeConditions(route, metadata) : { kind: "other-name" };
}
