import { PerpetuoError } from "@perpetuo/contracts/errors";
import { type ProviderName, providerNames } from "@perpetuo/contracts/providers";
import { isModelName, longestModelName } from "../model-name.ts";

/** Further models that one request may name. */
const mostModels = 16;
const mostProviders = 32;

/** What a request itself says about who shall answer it: its fields `models` and `provider`. */
export type RoutingPreference = {
  /** Asked for in this order where the requested one cannot answer; each named once, and not the requested one. */
  readonly models: readonly string[];
  /** These come first, in this order. */
  readonly order: readonly ProviderName[];
  /** Null: any. */
  readonly only: readonly ProviderName[] | null;
  readonly ignore: readonly ProviderName[];
  /** `refused`: of each model the first target alone is asked. */
  readonly fallbacks: "allowed" | "refused";
};

const providerFields = new Set(["order", "only", "ignore", "allow_fallbacks"]);

/**
 * Reads the values of the fields `models` and `provider`; null where a field is absent. Throws
 * `PerpetuoError` (400) naming the field at fault: what is not understood is refused and not dropped, because a wish
 * about who may see a prompt must not be overlooked.
 */
export function readPreference(
  model: string,
  fields: { models: unknown; provider: unknown },
): RoutingPreference {
  const provider = fields.provider ?? {};
  if (typeof provider !== "object" || Array.isArray(provider)) throw invalid("provider", "must be an object");
  const wishes = provider as Record<string, unknown>;
  for (const name of Object.keys(wishes)) {
    if (!providerFields.has(name)) {
      throw invalid(`provider.${printable(name)}`, `is not one of ${[...providerFields].join(", ")}`);
    }
  }
  return {
    models: readModels(model, fields.models),
    order: readProviders(wishes, "order") ?? [],
    only: readProviders(wishes, "only"),
    ignore: readProviders(wishes, "ignore") ?? [],
    fallbacks: readFallbacks(wishes["allow_fallbacks"]),
  };
}

/** Why the request does not want the provider; null when it may be asked. */
export function obstacleOf({ only, ignore }: RoutingPreference, provider: ProviderName): string | null {
  if (ignore.includes(provider)) return "the request's provider.ignore names its provider";
  return only !== null && !only.includes(provider)
    ? "the request's provider.only leaves its provider out"
    : null;
}

function readModels(model: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid("models", "must be an array of model names");
  if (value.length > mostModels) throw invalid("models", `must not have more than ${mostModels} names`);
  const names = value.map((name: unknown, index) => {
    if (isModelName(name)) return name;
    throw invalid(`models[${index}]`, `must be a name of 1 to ${longestModelName} printable characters`);
  });
  return [...new Set(names)].filter((name) => name !== model);
}

function readProviders(wishes: Record<string, unknown>, field: string): ProviderName[] | null {
  const value = wishes[field];
  if (value === undefined || value === null) return null;
  const param = `provider.${field}`;
  if (!Array.isArray(value)) throw invalid(param, "must be an array of provider names");
  if (value.length > mostProviders) throw invalid(param, `must not have more than ${mostProviders} names`);
  return value.map((name: unknown, index) => {
    const known = providerNames.find((provider) => provider === name);
    if (known !== undefined) return known;
    throw invalid(`${param}[${index}]`, `must be one of ${providerNames.join(", ")}`);
  });
}

function readFallbacks(value: unknown): RoutingPreference["fallbacks"] {
  if (value === undefined || value === null || value === true) return "allowed";
  if (value === false) return "refused";
  throw invalid("provider.allow_fallbacks", "must be true or false");
}

function invalid(param: string, rule: string): PerpetuoError {
  return new PerpetuoError("invalid_request", { message: `The field '${param}' ${rule}.`, param });
}

function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, "?").slice(0, 64);
}
