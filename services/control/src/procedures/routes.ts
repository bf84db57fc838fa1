import {
  changedRouteSchema,
  createRouteInput,
  deleteRouteInput,
  deleteRouteOutput,
  explainRouteInput,
  explainRouteOutput,
  listRoutesInput,
  listRoutesOutput,
  type Route,
  reorderRoutesInput,
  reorderRoutesOutput,
  updateRouteInput,
} from "@perpetuo/contracts/api/routes";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { largestDraft, mostRoutes } from "@perpetuo/contracts/routing";
import { listPolicies } from "@perpetuo/database/queries/control/policies";
import {
  deleteRoute,
  insertRoute,
  listRoutes,
  type RouteRow,
  sumRouteBytes,
  updateRoute,
} from "@perpetuo/database/queries/control/routes";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import { explainRequestOf } from "../publishing/explain.ts";
import { router, workspaceProcedure } from "./base.ts";
import { changeDraft } from "./change-draft.ts";
import { listPrices } from "./models.ts";
import { requireWholeOrder } from "./whole-order.ts";

export const routesRouter = router({
  list: workspaceProcedure("routes.list")
    .input(listRoutesInput)
    .output(listRoutesOutput)
    .query(async ({ ctx, input }) => {
      const rows = await ctx.inWorkspace((transaction) => listRoutes(transaction, input.workspace_id));
      return { items: rows.map(presentRoute) };
    }),

  create: workspaceProcedure("routes.change")
    .input(createRouteInput)
    .output(changedRouteSchema)
    .mutation(async ({ ctx, input }) => {
      const { workspace_id, policy_id } = input;
      const { result, publication } = await changeDraft(ctx, workspace_id, async (transaction) => {
        await refuseOneTooMany(transaction, workspace_id);
        await requirePolicy(transaction, { workspace_id, policy_id });
        const row = await insertRoute(transaction, { ...input, id: uuidv7() });
        await refuseTooLargeDraft(transaction, workspace_id);
        return { result: row, note: `Route "${row.name}" created.` };
      });
      return { ...presentRoute(result), publication };
    }),

  update: workspaceProcedure("routes.change")
    .input(updateRouteInput)
    .output(changedRouteSchema)
    .mutation(async ({ ctx, input: { workspace_id, route_id, ...changes } }) => {
      const { policy_id = null } = changes;
      const { result, publication } = await changeDraft(ctx, workspace_id, async (transaction) => {
        await requirePolicy(transaction, { workspace_id, policy_id });
        const row = requireFound(await updateRoute(transaction, { workspace_id, id: route_id }, changes));
        await refuseTooLargeDraft(transaction, workspace_id);
        return { result: row, note: `Route "${row.name}" changed.` };
      });
      return { ...presentRoute(result), publication };
    }),

  reorder: workspaceProcedure("routes.change")
    .input(reorderRoutesInput)
    .output(reorderRoutesOutput)
    .mutation(async ({ ctx, input: { workspace_id, route_ids } }) => {
      const { result, publication } = await changeDraft(ctx, workspace_id, async (transaction) => {
        const present = await listRoutes(transaction, workspace_id);
        requireWholeOrder(route_ids, present, { field: "route_ids", item: "route" });
        const positions = new Map(present.map(({ id, position }) => [id, position]));
        for (const [index, id] of route_ids.entries()) {
          const position = index + 1;
          if (positions.get(id) === position) continue;
          await updateRoute(transaction, { workspace_id, id }, { position });
        }
        return { result: await listRoutes(transaction, workspace_id), note: "Routes put in another order." };
      });
      return { items: result.map(presentRoute), publication };
    }),

  delete: workspaceProcedure("routes.change")
    .input(deleteRouteInput)
    .output(deleteRouteOutput)
    .mutation(async ({ ctx, input: { workspace_id, route_id } }) => {
      const { publication } = await changeDraft(ctx, workspace_id, async (transaction) => {
        const { name } = requireFound(await deleteRoute(transaction, { workspace_id, id: route_id }));
        return { result: null, note: `Route "${name}" deleted.` };
      });
      return { id: route_id, publication };
    }),

  // A mutation by its method alone: what it asks for does not fit into a query string.
  explain: workspaceProcedure("routes.list")
    .input(explainRouteInput)
    .output(explainRouteOutput)
    .mutation(({ ctx, input }) =>
      ctx.inWorkspace(async (transaction) => {
        const prices = await listPrices(transaction, input.workspace_id);
        return explainRequestOf(transaction, input, { prices, now: new Date() });
      }),
    ),
});

function presentRoute(row: RouteRow): Route {
  return { ...row, created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() };
}

async function refuseOneTooMany(transaction: Transaction, workspaceId: string): Promise<void> {
  const present = await listRoutes(transaction, workspaceId);
  if (present.length < mostRoutes) return;
  throw new PerpetuoError("conflict", { message: `A workspace has at most ${mostRoutes} routes.` });
}

/**
 * A draft may be larger than what can be published, so that people can tidy up; without any bound, one workspace could make
 * control read more than it has memory for.
 */
async function refuseTooLargeDraft(transaction: Transaction, workspaceId: string): Promise<void> {
  if ((await sumRouteBytes(transaction, workspaceId)) <= largestDraft) return;
  throw new PerpetuoError("conflict", {
    message: `The routes of a workspace take at most ${largestDraft} bytes.`,
  });
}

/** @throws {PerpetuoError} `not_found` when the route is to name a policy that the workspace does not have. */
async function requirePolicy(
  transaction: Transaction,
  { workspace_id, policy_id }: { workspace_id: string; policy_id: string | null },
): Promise<void> {
  if (policy_id === null) return;
  const present = await listPolicies(transaction, workspace_id);
  if (present.some(({ id }) => id === policy_id)) return;
  throw new PerpetuoError("not_found", { message: "There is no such policy.", param: "policy_id" });
}

function requireFound<TRow>(row: TRow | null): TRow {
  if (row === null) throw new PerpetuoError("not_found", { message: "There is no such route." });
  return row;
}
