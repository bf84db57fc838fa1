import type { Operation } from "../adapter.ts";
import type { CompiledConfig } from "../compiled-config.ts";
import { listModels } from "../served-models.ts";
import { isForName } from "./compiled-route.ts";
import { everyShortlist } from "./shortlists.ts";

/** A name that can be asked for. `owner` is the provider; of a name that a route answers it is the gateway itself. */
export type ListedName = { model: string; owner: string };

/** What a model may be good for; it is listed when it can be asked for any of it. */
const operations: readonly Operation[] = ["chat-completions", "messages", "completions", "embeddings"];

const remembered = new WeakMap<CompiledConfig, readonly ListedName[]>();

/**
 * The names that a workspace can ask for: those of its routes, patterns left out, and the models of its provider keys.
 * A name under which nobody can be asked is not among them. Looked up once, because each name is held against each route.
 */
export function listNames(config: CompiledConfig): readonly ListedName[] {
  let names = remembered.get(config);
  if (names === undefined) {
    names = findNames(config);
    remembered.set(config, names);
  }
  return names;
}

function findNames(config: CompiledConfig): ListedName[] {
  const names = new Set(config.routes.flatMap((route) => [...route.names]));
  const found: ListedName[] = [];
  for (const model of names) {
    const owner = ownerOf(model, config);
    if (owner !== null) found.push({ model, owner });
  }
  for (const { model, provider } of listModels(config)) {
    if (names.has(model)) continue;
    // A route's pattern may have taken the name over.
    const isTaken = config.routes.some((route) => isForName(route, model));
    const owner = isTaken ? ownerOf(model, config) : provider;
    if (owner !== null) found.push({ model, owner });
  }
  return found;
}

/** Who owns the name, also one that only a pattern or an open-ended provider key takes; null when nobody answers it. */
export function ownerOf(model: string, config: CompiledConfig): string | null {
  for (const operation of operations) {
    for (const { route, options } of everyShortlist({ operation, model }, config)) {
      const [first] = options;
      if (first !== undefined) return route === null ? first.target.providerKey.provider : "perpetuo";
    }
  }
  return null;
}
