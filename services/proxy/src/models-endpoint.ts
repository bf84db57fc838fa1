import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Operation } from "@perpetuo/gateway/adapter";
import { planTargets } from "@perpetuo/gateway/plan";
import { listModels } from "@perpetuo/gateway/served-models";
import type { Principal } from "./key-cache.ts";

/** What a model may be good for; it is listed when it can be asked for any of it. */
const operations: Operation[] = ["chat-completions", "completions", "embeddings"];

/** An entry of OpenAI's model list. `created` is the epoch's start: the gateway does not know when a model was made. */
export type ModelEntry = { id: string; object: "model"; created: number; owned_by: string };

/** What this key can call by name, in OpenAI's list format. */
export function modelList(principal: Principal): { object: "list"; data: ModelEntry[] } {
  const allowed = principal.identity.models;
  const models = listModels(principal.config).filter(
    ({ model }) => allowed === null || allowed.includes(model),
  );
  return {
    object: "list",
    data: models.map(({ model, provider }) => ({
      id: model,
      object: "model",
      created: 0,
      owned_by: provider,
    })),
  };
}

/**
 * One model, under any name by which this key can ask for it: one of the list, `provider/model`, or a name that a
 * provider key without a list takes. Throws `PerpetuoError` (404).
 */
export function modelEntry(principal: Principal, id: string): ModelEntry {
  const allowed = principal.identity.models;
  const [target] = operations.flatMap(
    (operation) => planTargets({ operation, model: id }, principal.config, () => 0).targets,
  );
  if (target !== undefined && (allowed === null || allowed.includes(id))) {
    return { id, object: "model", created: 0, owned_by: target.providerKey.provider };
  }
  throw new PerpetuoError("model_not_found", {
    message: `The model '${id}' does not exist.`,
    param: "model",
  });
}
