import type { RouteMatch, RouteStrategy, RouteTargetConfig } from "@perpetuo/contracts/routing";
import { and, asc, eq, sql } from "drizzle-orm";
import { routes } from "../../schema/routes.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** A route of one workspace's draft. */
export type RouteIdentity = { workspace_id: string; id: string };

/** What a person decides about a route. */
export type RouteValues = {
  name: string;
  match: RouteMatch;
  strategy: RouteStrategy;
  targets: RouteTargetConfig[];
  policy_id: string | null;
  enabled: boolean;
};

export type RouteRow = RouteValues & { id: string; position: number; created_at: Date; updated_at: Date };

const shownColumns = {
  id: routes.id,
  name: routes.name,
  match: routes.match,
  strategy: routes.strategy,
  targets: routes.targets,
  policy_id: routes.policy_id,
  position: routes.position,
  enabled: routes.enabled,
  created_at: routes.created_at,
  updated_at: routes.updated_at,
};

const is = ({ workspace_id, id }: RouteIdentity) =>
  and(eq(routes.workspace_id, workspace_id), eq(routes.id, id));

/** A workspace's routes in the order in which they are looked at. */
export async function listRoutes(transaction: Transaction, workspaceId: string): Promise<RouteRow[]> {
  return transaction
    .select(shownColumns)
    .from(routes)
    .where(eq(routes.workspace_id, workspaceId))
    .orderBy(asc(routes.position), asc(routes.id));
}

/** Bytes that a workspace's routes take as text, but for their names. */
export async function sumRouteBytes(transaction: Transaction, workspaceId: string): Promise<number> {
  const bytes = sql<number>`coalesce(sum(octet_length(${routes.match}::text) + octet_length(${routes.targets}::text)), 0)::integer`;
  const [row] = await transaction.select({ bytes }).from(routes).where(eq(routes.workspace_id, workspaceId));
  return row?.bytes ?? 0;
}

/** Adds a route behind the others. The caller holds the draft, see `holdDraft`, so that two do not get one place. */
export async function insertRoute(
  transaction: Transaction,
  route: RouteIdentity & RouteValues,
): Promise<RouteRow> {
  const { workspace_id } = route;
  const position = sql<number>`(
    select coalesce(max(position), 0) + 1 from routes where workspace_id = ${workspace_id}::uuid)`;
  const [row] = await transaction
    .insert(routes)
    .values({ ...route, position })
    .returning(shownColumns);
  if (row === undefined) throw new Error("An insertion without a conflict clause returned no row.");
  return row;
}

/** Changes the named fields. Null when there is no such route. */
export async function updateRoute(
  transaction: Transaction,
  identity: RouteIdentity,
  changes: { [TField in keyof RouteValues | "position"]?: RouteRow[TField] | undefined },
): Promise<RouteRow | null> {
  const [row] = await transaction
    .update(routes)
    .set({ ...changes, updated_at: new Date() })
    .where(is(identity))
    .returning(shownColumns);
  return row ?? null;
}

/** Null when there is no such route; else what it was called. */
export async function deleteRoute(
  transaction: Transaction,
  identity: RouteIdentity,
): Promise<{ name: string } | null> {
  const [row] = await transaction.delete(routes).where(is(identity)).returning({ name: routes.name });
  return row ?? null;
}
