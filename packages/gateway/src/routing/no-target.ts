import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ModelCall, Operation } from "../adapter.ts";
import { notOffered, type Shortlist } from "./shortlist.ts";

/** The refusal of a request that nobody can answer as the workspace is configured, whatever the targets' health. */
export function noTarget(call: ModelCall, lists: readonly Shortlist[]): PerpetuoError {
  const { model, preference } = call;
  const names = preference === null ? [] : preference.models;
  const asked =
    names.length === 0 ? `the model '${model}'` : `any of the models ${quoted([model, ...names])}`;
  const isNarrowed = preference !== null && (preference.only !== null || preference.ignore.length > 0);
  if (isNarrowed) {
    return new PerpetuoError("model_not_found", {
      message: `No provider that the request's 'provider' field allows serves ${asked} in this workspace.`,
      param: "provider",
    });
  }
  const route = lists[0]?.route ?? null;
  const message =
    route === null
      ? nobodyServes(call, lists)
      : routeIsEmpty({ name: route.config.name, asked }, call, lists);
  return new PerpetuoError("model_not_found", { message, param: "model" });
}

const operationNames: Record<Operation, string> = {
  "chat-completions": "chat completions",
  completions: "completions",
  embeddings: "embeddings",
  messages: "messages",
  "count-tokens": "a count of tokens",
};

function routeIsEmpty(
  { name, asked }: { name: string; asked: string },
  { operation }: ModelCall,
  lists: readonly Shortlist[],
): string {
  const none = `The route '${name}' answers ${asked}, and none of its targets`;
  return isUnoffered(lists)
    ? `${none} that could be asked offers ${operationNames[operation]}.`
    : `${none} can be asked: their provider keys are disabled, removed or do not serve it.`;
}

/** Nobody counts for this model, but it is served: then the gateway gives an estimate of its own. */
export function isForEstimate({ operation }: ModelCall, lists: readonly Shortlist[]): boolean {
  return operation === "count-tokens" && isUnoffered(lists);
}

/** A provider key serves the model, and its provider does not offer what is to be done. */
function isUnoffered(lists: readonly Shortlist[]): boolean {
  return lists.some(({ plan }) => plan.candidates.some(({ reason }) => reason === notOffered));
}

function nobodyServes({ model, operation }: ModelCall, lists: readonly Shortlist[]): string {
  return isUnoffered(lists)
    ? `No enabled provider key of this workspace offers ${operationNames[operation]} for the model '${model}'.`
    : `The model '${model}' does not exist in this workspace: no enabled provider key serves it.`;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}
