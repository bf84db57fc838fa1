import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ListedName } from "@perpetuo/gateway/routing/list-models";

/** Entries of a page that asks for no number, and the most that one may ask for. Source: Anthropic API reference, "List Models". */
const usualLimit = 20;
const mostEntries = 1_000;

/** `created_at` is the epoch's start, as in Anthropic's own list where it does not know. */
export function anthropicModel({ model }: Pick<ListedName, "model">) {
  return { type: "model", id: model, display_name: model, created_at: "1970-01-01T00:00:00Z" };
}

/**
 * A page of Anthropic's model list: `limit` entries behind `after_id`, or before `before_id`. Throws `PerpetuoError` (400)
 * for a limit that is none, and for an id that is not in the list.
 */
export function anthropicModelList(names: readonly ListedName[], query: string | null) {
  const parameters = new URLSearchParams(query ?? "");
  const limit = readLimit(parameters.get("limit"));
  const after = placeOf(names, parameters, "after_id");
  const before = placeOf(names, parameters, "before_id");
  const start = before === null ? (after ?? -1) + 1 : Math.max(0, before - limit);
  const end = Math.min(start + limit, before ?? names.length);
  const data = names.slice(start, end).map(anthropicModel);
  return {
    data,
    has_more: before === null ? end < names.length : start > 0,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

function readLimit(text: string | null): number {
  if (text === null) return usualLimit;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= mostEntries) return limit;
  throw new PerpetuoError("invalid_request", {
    message: `The parameter 'limit' must be a whole number from 1 to ${mostEntries}.`,
    param: "limit",
  });
}

function placeOf(names: readonly ListedName[], parameters: URLSearchParams, name: string): number | null {
  const id = parameters.get(name);
  if (id === null) return null;
  const place = names.findIndex(({ model }) => model === id);
  if (place !== -1) return place;
  throw new PerpetuoError("invalid_request", {
    message: `The parameter '${name}' names no model of the list.`,
    param: name,
  });
}
