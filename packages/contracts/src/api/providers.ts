import { z } from "zod";
import { providerNameSchema } from "../providers.ts";
import {
  countSchema,
  idSchema,
  removedOutput,
  textSchema,
  timestampSchema,
  workspaceInput,
} from "./common.ts";
import { routeUseSchema } from "./config.ts";

const prioritySchema = z.int().min(1).max(1000);
const weightSchema = z.int().min(1).max(1000);
const baseUrlSchema = z.url({ protocol: /^https?$/ }).max(2048);

/** Null: what `servedWithoutList` says of the provider. */
const modelsSchema = z.array(textSchema(200)).min(1).max(500).nullable();

/** The credential. Header values hold no spaces or control characters, so neither may it. */
const credentialSchema = z
  .string()
  .trim()
  .min(1)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces");

/** What the gateway last saw of a provider key. `unknown`: it has not been used yet. */
export const providerHealthSchema = z.strictObject({
  status: z.enum(["unknown", "healthy", "failing"]),
  last_success_at: timestampSchema.nullable(),
  failing_since: timestampSchema.nullable(),
  last_error: z.string().nullable(),
});
export type ProviderHealth = z.infer<typeof providerHealthSchema>;

/** A provider key. Of the credential only the last four characters are ever shown. */
export const providerKeySchema = z.strictObject({
  id: idSchema,
  provider: providerNameSchema,
  name: z.string(),
  last_four: z.string(),
  base_url: z.string().nullable(),
  models: modelsSchema,
  /** 1 is tried first. */
  priority: prioritySchema,
  /** Share among provider keys of equal priority. */
  weight: weightSchema,
  enabled: z.boolean(),
  health: providerHealthSchema,
  created_at: timestampSchema,
  updated_at: timestampSchema,
});
export type ProviderKey = z.infer<typeof providerKeySchema>;

const providerKeyInput = workspaceInput.extend({ provider_key_id: idSchema });

export const listProvidersInput = workspaceInput;
export const listProvidersOutput = z.strictObject({ items: z.array(providerKeySchema) });

/**
 * `name` is the provider's own name when absent; `base_url` is required for `openai-compatible` and `azure`, `api_key` for all but
 * `ollama` and `vllm`.
 */
export const addProviderInput = workspaceInput.extend({
  provider: providerNameSchema,
  name: textSchema(100).optional(),
  api_key: credentialSchema.optional(),
  base_url: baseUrlSchema.nullish(),
  models: modelsSchema.optional(),
  priority: prioritySchema.default(1),
  weight: weightSchema.default(1),
  enabled: z.boolean().default(true),
});

/** An absent field keeps its value. A base URL of another origin needs the credential again. */
export const updateProviderInput = providerKeyInput.extend({
  name: textSchema(100).optional(),
  api_key: credentialSchema.optional(),
  base_url: baseUrlSchema.nullable().optional(),
  models: modelsSchema.optional(),
  priority: prioritySchema.optional(),
  weight: weightSchema.optional(),
  enabled: z.boolean().optional(),
});

/** All provider keys of the workspace, first choice first: their priorities become 1, 2, 3 … */
export const reorderProvidersInput = workspaceInput.extend({
  provider_key_ids: z.array(idSchema).min(1).max(1000),
});

export const removeProviderInput = providerKeyInput;
/**
 * `routes` named the key. A published one passes it over from now on and says so in its plans; a draft one cannot be
 * published before it names another.
 */
export const removeProviderOutput = removedOutput.extend({ routes: z.array(routeUseSchema) });

export const testProviderInput = providerKeyInput;

/** Outcome of one live call to the provider. `status` is null when it did not answer. */
export const testProviderOutput = z.strictObject({
  outcome: z.enum(["ok", "refused", "failed"]),
  status: z.int().nullable(),
  duration_ms: countSchema,
  message: z.string(),
});
export type ProviderTest = z.infer<typeof testProviderOutput>;
