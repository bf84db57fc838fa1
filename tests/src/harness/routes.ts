import type { Publication } from "@perpetuo/contracts/api/config";
import type { createRouteInput, Route, updateRouteInput } from "@perpetuo/contracts/api/routes";
import type { z } from "zod";
import type { ControlUser } from "./control-api.ts";

/** A route as the API answers a change of it. */
export type ChangedRoute = Route & { publication: Publication };

type RouteBody = Omit<z.input<typeof createRouteInput>, "workspace_id">;
type RouteChanges = Omit<z.input<typeof updateRouteInput>, "workspace_id" | "route_id">;

/** Adds a route to the draft; a workspace that publishes automatically publishes it. */
export function createRoute(user: ControlUser, route: RouteBody): Promise<ChangedRoute> {
  return user.post("/routes", route);
}

export function updateRoute(user: ControlUser, id: string, changes: RouteChanges): Promise<ChangedRoute> {
  return user.put(`/routes/${id}`, changes);
}
