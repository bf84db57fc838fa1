import { PerpetuoError } from "@perpetuo/contracts/errors";
import { isModelName } from "@perpetuo/gateway/model-name";
import { listNames, ownerOf } from "@perpetuo/gateway/routing/list-models";
import type { Principal } from "./key-cache.ts";

/** An entry of OpenAI's model list. `created` is the epoch's start: the gateway does not know when a model was made. */
export type ModelEntry = { id: string; object: "model"; created: number; owned_by: string };

/** What this key can call by name, in OpenAI's list format. */
export function modelList(principal: Principal): { object: "list"; data: ModelEntry[] } {
  const allowed = principal.identity.models;
  const models = listNames(principal.config).filter(
    ({ model }) => allowed === null || allowed.includes(model),
  );
  return {
    object: "list",
    data: models.map(({ model, owner }) => ({ id: model, object: "model", created: 0, owned_by: owner })),
  };
}

/**
 * One model, under any name by which this key can ask for it: one of the list, `provider/model`, or a name that a
 * route's pattern or a provider key without a list takes. Throws `PerpetuoError` (404).
 */
export function modelEntry(principal: Principal, id: string): ModelEntry {
  const allowed = principal.identity.models;
  if (isModelName(id) && (allowed === null || allowed.includes(id))) {
    const owner = ownerOf(id, principal.config);
    if (owner !== null) return { id, object: "model", created: 0, owned_by: owner };
  }
  throw new PerpetuoError("model_not_found", {
    message: `The model '${id}' does not exist.`,
    param: "model",
  });
}
