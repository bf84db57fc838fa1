import { z } from "zod";
import { limitsSchema } from "../limits.ts";
import { apiKeyScopeSchema } from "../roles.ts";
import { idSchema, removedOutput, textSchema, timestampSchema, workspaceInput } from "./common.ts";

const scopesSchema = z.array(apiKeyScopeSchema).min(1);

/** Models that the key may ask for; null allows every model of the workspace. */
const modelsSchema = z.array(textSchema(200)).min(1).max(500).nullable();

/** An API key without its secret. `prefix` is enough to recognise it. */
export const apiKeySchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  prefix: z.string(),
  scopes: z.array(apiKeyScopeSchema),
  models: modelsSchema,
  limits: limitsSchema,
  /** Null: never expires. */
  expires_at: timestampSchema.nullable(),
  last_used_at: timestampSchema.nullable(),
  revoked_at: timestampSchema.nullable(),
  created_at: timestampSchema,
});
export type ApiKey = z.infer<typeof apiKeySchema>;

const apiKeyInput = workspaceInput.extend({ api_key_id: idSchema });

/** The key's text, shown in this one answer and never again. */
const secretField = { api_key: z.string() };

export const listApiKeysInput = workspaceInput;
export const listApiKeysOutput = z.strictObject({ items: z.array(apiKeySchema) });

export const createApiKeyInput = workspaceInput.extend({
  name: textSchema(100),
  scopes: scopesSchema.default(["gateway"]),
  models: modelsSchema.optional(),
  limits: limitsSchema.optional(),
  expires_at: timestampSchema.nullish(),
});
export const createApiKeyOutput = apiKeySchema.extend(secretField);

/** An absent field keeps its value; null lifts a restriction. */
export const updateApiKeyInput = apiKeyInput.extend({
  name: textSchema(100).optional(),
  scopes: scopesSchema.optional(),
  models: modelsSchema.optional(),
  limits: limitsSchema.optional(),
  expires_at: timestampSchema.nullable().optional(),
});

export const revokeApiKeyInput = apiKeyInput;
export const deleteApiKeyInput = apiKeyInput;
export const deleteApiKeyOutput = removedOutput;

/** Seven days: long enough for a release train, short enough that a forgotten key ends. */
const maximumOverlapSeconds = 7 * 24 * 60 * 60;

/** Makes a successor with the same settings; the present key works for `overlap_seconds` more. */
export const rotateApiKeyInput = apiKeyInput.extend({
  overlap_seconds: z.int().min(0).max(maximumOverlapSeconds).default(3600),
});
/** The successor, and what becomes of the key it replaces. */
export const rotateApiKeyOutput = apiKeySchema.extend({ ...secretField, previous: apiKeySchema });
