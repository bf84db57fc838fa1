import { z } from "zod";
import { providerNameSchema } from "../providers.ts";
import { policyConfigSchema, routeConfigSchema } from "../routing.ts";
import { idSchema, removedOutput, textSchema, timestampSchema, workspaceInput } from "./common.ts";
import { configReferenceSchema, publicationSchema } from "./config.ts";

const { route_id: _id, ...configFields } = routeConfigSchema.shape;
const routeFields = { ...configFields, enabled: z.boolean() };

/** A route of the draft. A disabled one is kept and not published. */
export const routeSchema = z.strictObject({
  id: idSchema,
  ...routeFields,
  /** Routes are looked at from the lowest position up, and the first that matches a request answers it. */
  position: z.int().min(1),
  created_at: timestampSchema,
  updated_at: timestampSchema,
});
export type Route = z.infer<typeof routeSchema>;

/** `publication` says whether the change is in force. */
export const changedRouteSchema = routeSchema.extend({ publication: publicationSchema });

const routeInput = workspaceInput.extend({ route_id: idSchema });

export const listRoutesInput = workspaceInput;
/** In order of position. */
export const listRoutesOutput = z.strictObject({ items: z.array(routeSchema) });

/** The new route is the last one. */
export const createRouteInput = workspaceInput.extend({
  name: routeFields.name,
  match: routeFields.match,
  strategy: routeFields.strategy.default("priority"),
  targets: routeFields.targets,
  policy_id: routeFields.policy_id.default(null),
  enabled: routeFields.enabled.default(true),
});

/** An absent field keeps its value; `match` and `targets` are replaced as a whole. */
export const updateRouteInput = routeInput.extend(z.strictObject(routeFields).partial().shape);

/** All routes of the workspace, disabled ones too, in the order in which they are looked at. */
export const reorderRoutesInput = workspaceInput.extend({ route_ids: z.array(idSchema).min(1).max(1000) });
export const reorderRoutesOutput = listRoutesOutput.extend({ publication: publicationSchema });

export const deleteRouteInput = routeInput;
export const deleteRouteOutput = removedOutput.extend({ publication: publicationSchema });

/**
 * A request that nobody makes. `config` is the version in force when absent; `metadata` is that of the header and the body
 * together.
 */
export const explainRouteInput = workspaceInput.extend({
  model: textSchema(256),
  operation: z
    .enum(["chat-completions", "completions", "embeddings", "messages"])
    .default("chat-completions"),
  metadata: z.record(z.string().max(64), z.string().max(512)).default({}),
  api_key_id: idSchema.optional(),
  config: configReferenceSchema.optional(),
});

const namedTargetSchema = z.strictObject({
  provider_key_id: idSchema,
  /** Null: the provider key was removed. */
  provider_key_name: z.string().nullable(),
  /** Null: the provider key is disabled or was removed. */
  provider: providerNameSchema.nullable(),
  upstream_model: z.string(),
});

/**
 * Who would answer the request, by the config alone: every provider counts as healthy, latencies are unknown, and costs are
 * those of 1,000 tokens in and 500 out. The gateway's own dry run, `x-perpetuo-explain: 1`, knows the rest.
 */
export const explainRouteOutput = z.strictObject({
  /** Null: the draft. */
  config_version: z.int().nullable(),
  /** Null when the request named none. */
  api_key: z
    .strictObject({
      id: idSchema,
      name: z.string(),
      verdict: z.enum(["admitted", "refused"]),
      reason: z.string(),
    })
    .nullable(),
  /** Null: no route fits, and the provider keys that serve the model are asked by priority. */
  route_id: idSchema.nullable(),
  policy: policyConfigSchema.nullable(),
  /** Every route, in order. `shadowed`: it fits, and another one that fits stands before it. */
  routes: z.array(
    z.strictObject({
      route_id: idSchema,
      name: z.string(),
      verdict: z.enum(["answers", "shadowed", "does-not-fit", "disabled"]),
      reason: z.string(),
    }),
  ),
  /** In the order in which they would be asked; where the order is drawn, the likeliest one. */
  targets: z.array(namedTargetSchema),
  /** The targets and what was passed over, each with the reason. */
  candidates: z.array(
    namedTargetSchema.extend({ verdict: z.enum(["target", "skipped"]), reason: z.string() }),
  ),
});
export type RouteExplanation = z.infer<typeof explainRouteOutput>;
