import { PerpetuoError } from "@perpetuo/contracts/errors";
import { isModelName } from "@perpetuo/gateway/model-name";
import { type ListedName, listNames, ownerOf } from "@perpetuo/gateway/routing/list-models";
import type { Principal } from "./key-cache.ts";

/** What this key can call by name. */
export function listedModels(principal: Principal): ListedName[] {
  const allowed = principal.identity.models;
  return listNames(principal.config).filter(({ model }) => allowed === null || allowed.includes(model));
}

/**
 * One model, under any name by which this key can ask for it: one of the list, `provider/model`, or a name that a
 * route's pattern or a provider key without a list takes. Throws `PerpetuoError` (404).
 */
export function listedModel(principal: Principal, model: string): ListedName {
  const allowed = principal.identity.models;
  if (isModelName(model) && (allowed === null || allowed.includes(model))) {
    const owner = ownerOf(model, principal.config);
    if (owner !== null) return { model, owner };
  }
  throw new PerpetuoError("model_not_found", {
    message: `The model '${model}' does not exist.`,
    param: "model",
  });
}
