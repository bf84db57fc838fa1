import {
  createWorkspaceInput,
  deleteWorkspaceInput,
  deleteWorkspaceOutput,
  getWorkspaceInput,
  getWorkspaceProfileInput,
  listWorkspacesOutput,
  updateWorkspaceInput,
  updateWorkspaceProfileInput,
  type WorkspaceProfile,
  workspaceProfileSchema,
  workspaceSchema,
} from "@perpetuo/contracts/api/workspaces";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { brokenUniqueConstraint } from "@perpetuo/database/queries/control/failures";
import {
  findWorkspaceProfile,
  upsertWorkspaceProfile,
  type WorkspaceProfileRow,
} from "@perpetuo/database/queries/control/workspace-profiles";
import {
  findWorkspace,
  listWorkspacesOfUser,
  markWorkspaceDeleted,
  updateWorkspace,
} from "@perpetuo/database/queries/control/workspaces";
import { inWorkspace } from "@perpetuo/database/workspace-transaction";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import { createWorkspace } from "../workspace-creation.ts";
import { auditOrigin, router, sessionProcedure, workspaceProcedure } from "./base.ts";
import { presentWorkspace } from "./present.ts";

export const workspacesRouter = router({
  list: sessionProcedure.output(listWorkspacesOutput).query(async ({ ctx }) => {
    const rows = await ctx.asCaller((transaction) => listWorkspacesOfUser(transaction, ctx.caller.user.id));
    return { items: rows.map((row) => presentWorkspace(row, row.role)) };
  }),

  create: sessionProcedure
    .input(createWorkspaceInput)
    .output(workspaceSchema)
    .mutation(async ({ ctx, input }) => {
      const { database, keyring } = ctx.services;
      const workspace_id = uuidv7();
      const user_id = ctx.caller.user.id;
      const scope = { workspace_id, user_id, ...auditOrigin(ctx) };
      const row = await inWorkspace(database, scope, (transaction) =>
        createWorkspace(transaction, { ...input, workspace_id, user_id, keyring }),
      );
      return presentWorkspace(row, "owner");
    }),

  get: workspaceProcedure("workspaces.get")
    .input(getWorkspaceInput)
    .output(workspaceSchema)
    .query(async ({ ctx, input }) => {
      const row = await ctx.inWorkspace((transaction) => findWorkspace(transaction, input.workspace_id));
      if (row === null) throw workspaceGone();
      return presentWorkspace(row, ctx.role);
    }),

  update: workspaceProcedure("workspaces.change")
    .input(updateWorkspaceInput)
    .output(workspaceSchema)
    .mutation(async ({ ctx, input: { workspace_id, ...changes } }) => {
      const row = await ctx
        .inWorkspace((transaction) => updateWorkspace(transaction, workspace_id, changes))
        .catch((error: unknown) => {
          if (brokenUniqueConstraint(error) === null) throw error;
          throw new PerpetuoError("conflict", { message: "The slug is taken.", param: "slug", cause: error });
        });
      if (row === null) throw workspaceGone();
      return presentWorkspace(row, ctx.role);
    }),

  delete: workspaceProcedure("workspaces.delete")
    .input(deleteWorkspaceInput)
    .output(deleteWorkspaceOutput)
    .mutation(async ({ ctx, input: { workspace_id } }) => {
      await ctx.inWorkspace((transaction) => markWorkspaceDeleted(transaction, workspace_id));
      return { id: workspace_id };
    }),

  profile: workspaceProcedure("workspaces.get")
    .input(getWorkspaceProfileInput)
    .output(workspaceProfileSchema)
    .query(async ({ ctx, input }) => {
      const row = await ctx.inWorkspace((transaction) =>
        findWorkspaceProfile(transaction, input.workspace_id),
      );
      return row === null ? emptyProfile : presentProfile(row);
    }),

  updateProfile: workspaceProcedure("workspaces.change")
    .input(updateWorkspaceProfileInput)
    .output(workspaceProfileSchema)
    .mutation(async ({ ctx, input: { workspace_id, ...changes } }) =>
      presentProfile(
        await ctx.inWorkspace((transaction) => upsertWorkspaceProfile(transaction, workspace_id, changes)),
      ),
    ),
});

const emptyProfile: WorkspaceProfile = {
  kind: null,
  specialty: null,
  description: null,
  mission: null,
  contact: {},
  working_hours: {},
  persona: {},
};

/** The column is untyped JSON; the procedure's output schema checks what is in it. */
function presentProfile(row: WorkspaceProfileRow): WorkspaceProfile {
  return { ...row, working_hours: row.working_hours as WorkspaceProfile["working_hours"] };
}

/** Deleted between the check of the role and the query. */
function workspaceGone(): PerpetuoError {
  return new PerpetuoError("not_found", { message: "There is no such workspace." });
}
