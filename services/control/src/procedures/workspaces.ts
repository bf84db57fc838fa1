import {
  createWorkspaceInput,
  deleteWorkspaceInput,
  deleteWorkspaceOutput,
  getWorkspaceInput,
  getWorkspaceProfileInput,
  listWorkspacesOutput,
  updateWorkspaceInput,
  updateWorkspaceProfileInput,
  workspaceProfileSchema,
  workspaceSchema,
} from "@perpetuo/contracts/api/workspaces";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { publicProcedure, router } from "./base.ts";

export const workspacesRouter = router({
  list: publicProcedure.output(listWorkspacesOutput).query(() => {
    throw new PerpetuoError("not_ready");
  }),
  create: publicProcedure
    .input(createWorkspaceInput)
    .output(workspaceSchema)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  get: publicProcedure
    .input(getWorkspaceInput)
    .output(workspaceSchema)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
  update: publicProcedure
    .input(updateWorkspaceInput)
    .output(workspaceSchema)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  delete: publicProcedure
    .input(deleteWorkspaceInput)
    .output(deleteWorkspaceOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  profile: publicProcedure
    .input(getWorkspaceProfileInput)
    .output(workspaceProfileSchema)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
  updateProfile: publicProcedure
    .input(updateWorkspaceProfileInput)
    .output(workspaceProfileSchema)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
});
