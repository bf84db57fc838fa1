import { z } from "zod";
import { routeConfigSchema } from "../routing.ts";
import { idSchema, removedOutput, timestampSchema, workspaceInput } from "./common.ts";
import { publicationSchema } from "./config.ts";

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
