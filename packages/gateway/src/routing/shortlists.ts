import type { ModelCall, Operation } from "../adapter.ts";
import type { CompiledConfig } from "../compiled-config.ts";
import { type CompiledRoute, isForName, judgeConditions, type Metadata } from "./compiled-route.ts";
import { obstacleOf } from "./preference.ts";
import { narrow, type Shortlist, shortlistOfKeys, shortlistOfRoute, type WantedModel } from "./shortlist.ts";

/** Names of one config whose shortlists are kept; clients can ask for any. */
const mostRemembered = 256;

/** What decides who may answer. */
export type Wanted = Pick<ModelCall, "operation" | "model" | "preference">;

/** The routes for a name, in order: none stands behind one without conditions. Lists are made when they are needed. */
type Choices = {
  readonly routes: readonly CompiledRoute[];
  /** By route; what stands behind the last of them is for the workspace's provider keys. */
  readonly lists: (readonly [Shortlist] | undefined)[];
};

const remembered = new WeakMap<CompiledConfig, Map<Operation, Map<string, Choices>>>();

/**
 * Who may answer, for the requested name and then for each of the further ones: the first route that fits, else the
 * enabled provider keys that serve the name. The very same list each time, but for a request with wishes of its own.
 */
export function shortlistsFor(
  wanted: Wanted,
  config: CompiledConfig,
  metadata: Metadata,
): readonly Shortlist[] {
  const { preference } = wanted;
  if (preference === null) return choose(wanted, config, metadata);
  return [wanted.model, ...preference.models].map((model) => {
    const [list] = choose({ operation: wanted.operation, model }, config, metadata);
    return narrow(list, (target) => obstacleOf(preference, target.providerKey.provider));
  });
}

/** Everything that may answer the name, whatever a request's metadata. */
export function everyShortlist(wanted: WantedModel, config: CompiledConfig): Shortlist[] {
  const choices = choicesFor(wanted, config);
  const last = choices.routes.at(-1);
  const lists = choices.routes.map((_, index) => listAt(choices, index, { wanted, config })[0]);
  if (last !== undefined && last.conditions.length === 0) return lists;
  return [...lists, listAt(choices, choices.routes.length, { wanted, config })[0]];
}

function choose(wanted: WantedModel, config: CompiledConfig, metadata: Metadata): readonly [Shortlist] {
  const choices = choicesFor(wanted, config);
  const { routes } = choices;
  let index = 0;
  while (index < routes.length && judgeConditions(routes[index] as CompiledRoute, metadata).kind !== "fits")
    index++;
  return choices.lists[index] ?? listAt(choices, index, { wanted, config });
}

function listAt(
  { routes, lists }: Choices,
  index: number,
  { wanted, config }: { wanted: WantedModel; config: CompiledConfig },
): readonly [Shortlist] {
  const known = lists[index];
  if (known !== undefined) return known;
  const route = routes[index];
  const made: readonly [Shortlist] = [
    route === undefined ? withoutRoute(wanted, config) : shortlistOfRoute(route, wanted, config),
  ];
  lists[index] = made;
  return made;
}

function choicesFor({ operation, model }: WantedModel, config: CompiledConfig): Choices {
  const names = rememberedNames(operation, config);
  let choices = names.get(model);
  if (choices === undefined) {
    choices = { routes: routesFor(model, config), lists: [] };
    if (names.size >= mostRemembered) names.clear();
    names.set(model, choices);
  }
  return choices;
}

function rememberedNames(operation: Operation, config: CompiledConfig): Map<string, Choices> {
  let operations = remembered.get(config);
  if (operations === undefined) {
    operations = new Map();
    remembered.set(config, operations);
  }
  let names = operations.get(operation);
  if (names === undefined) {
    names = new Map();
    operations.set(operation, names);
  }
  return names;
}

function routesFor(model: string, { routes }: CompiledConfig): CompiledRoute[] {
  const found: CompiledRoute[] = [];
  for (const route of routes) {
    if (!isForName(route, model)) continue;
    found.push(route);
    if (route.conditions.length === 0) break;
  }
  return found;
}

/**
 * A key that serves the name as it stands beats the reading of `provider/model` as a provider's name and its model
 * (decision 21).
 */
function withoutRoute(wanted: WantedModel, config: CompiledConfig): Shortlist {
  const { operation, model } = wanted;
  const exact = shortlistOfKeys({ operation, naming: "plain" }, config, () => model);
  if (exact.options.length > 0) return exact;
  const slash = model.indexOf("/");
  if (slash <= 0) return exact;
  const provider = model.slice(0, slash);
  const rest = model.slice(slash + 1);
  return shortlistOfKeys({ operation, naming: "prefixed" }, config, (key) =>
    key.provider === provider ? rest : null,
  );
}
