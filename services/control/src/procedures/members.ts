import {
  acceptInviteInput,
  acceptInviteOutput,
  changeRoleInput,
  inviteInput,
  inviteOutput,
  leaveWorkspaceInput,
  leaveWorkspaceOutput,
  listInvitesInput,
  listInvitesOutput,
  listMembersInput,
  listMembersOutput,
  memberSchema,
  previewInviteInput,
  previewInviteOutput,
  removeMemberInput,
  removeMemberOutput,
  revokeInviteInput,
  revokeInviteOutput,
} from "@perpetuo/contracts/api/members";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import {
  findInvite,
  findInviteByToken,
  listPendingInvites,
  revokeInvites,
} from "@perpetuo/database/queries/control/invites";
import {
  deleteMembership,
  listMembers,
  lockMemberships,
  updateRole,
} from "@perpetuo/database/queries/control/memberships";
import { inWorkspace } from "@perpetuo/database/workspace-transaction";
import { acceptInvite } from "../members/accept-invite.ts";
import {
  beginMemberChange,
  readMember,
  refuseLastOwner,
  refuseRoleAbove,
  revokeInvitesBeyond,
} from "../members/change-members.ts";
import { createInvite } from "../members/create-invite.ts";
import { deliverInvite } from "../members/deliver-invite.ts";
import { readInviteToken } from "../members/invite-token.ts";
import { auditOrigin, publicProcedure, router, sessionProcedure, workspaceProcedure } from "./base.ts";
import { presentInvite, presentMember, presentWorkspace } from "./present.ts";

export const membersRouter = router({
  list: workspaceProcedure("members.list")
    .input(listMembersInput)
    .output(listMembersOutput)
    .query(async ({ ctx, input }) => {
      const rows = await ctx.inWorkspace((transaction) => listMembers(transaction, input.workspace_id));
      return { items: rows.map(presentMember) };
    }),

  changeRole: workspaceProcedure("members.change")
    .input(changeRoleInput)
    .output(memberSchema)
    .mutation(async ({ ctx, input: { role, ...membership } }) => {
      const actor = { workspace_id: membership.workspace_id, user_id: ctx.caller.user.id };
      return ctx.inWorkspace(async (transaction) => {
        const own = await beginMemberChange(transaction, actor);
        const present = await readMember(transaction, membership);
        refuseRoleAbove(own, present.role);
        refuseRoleAbove(own, role);
        if (role !== "owner") await refuseLastOwner(transaction, { ...membership, role: present.role });
        await updateRole(transaction, { ...membership, role });
        await revokeInvitesBeyond(transaction, membership, role);
        return presentMember({ ...present, role });
      });
    }),

  remove: workspaceProcedure("members.change")
    .input(removeMemberInput)
    .output(removeMemberOutput)
    .mutation(async ({ ctx, input: membership }) => {
      const actor = { workspace_id: membership.workspace_id, user_id: ctx.caller.user.id };
      return ctx.inWorkspace(async (transaction) => {
        const own = await beginMemberChange(transaction, actor);
        const present = await readMember(transaction, membership);
        refuseRoleAbove(own, present.role);
        await refuseLastOwner(transaction, { ...membership, role: present.role });
        await deleteMembership(transaction, membership);
        await revokeInvitesBeyond(transaction, membership, null);
        return { id: membership.user_id };
      });
    }),

  leave: workspaceProcedure("members.leave")
    .input(leaveWorkspaceInput)
    .output(leaveWorkspaceOutput)
    .mutation(async ({ ctx, input: { workspace_id } }) => {
      const membership = { workspace_id, user_id: ctx.caller.user.id };
      return ctx.inWorkspace(async (transaction) => {
        await lockMemberships(transaction, workspace_id);
        const { role } = await readMember(transaction, membership);
        await refuseLastOwner(transaction, { ...membership, role });
        await deleteMembership(transaction, membership);
        await revokeInvitesBeyond(transaction, membership, null);
        return {};
      });
    }),

  listInvites: workspaceProcedure("members.listInvites")
    .input(listInvitesInput)
    .output(listInvitesOutput)
    .query(async ({ ctx, input }) => {
      const rows = await ctx.inWorkspace((transaction) =>
        listPendingInvites(transaction, input.workspace_id),
      );
      return { items: rows.map(presentInvite) };
    }),

  invite: workspaceProcedure("members.change")
    .input(inviteInput)
    .output(inviteOutput)
    .mutation(async ({ ctx, input }) => {
      const { throttle, mailer, consoleUrl } = ctx.services;
      await throttle.invite(ctx.caller.user.id);
      const invited_by = ctx.caller.user.id;
      const { invite, workspaceName, token } = await ctx.inWorkspace((transaction) =>
        createInvite(transaction, { ...input, invited_by }),
      );
      // The invitation stands whether or not the mail goes out, so no transaction waits for a mail server.
      const link = `${consoleUrl}/invitation#token=${token}`;
      const delivery = await deliverInvite(mailer, { invite, workspaceName, link });
      return { invite: presentInvite(invite), delivery };
    }),

  revokeInvite: workspaceProcedure("members.change")
    .input(revokeInviteInput)
    .output(revokeInviteOutput)
    .mutation(async ({ ctx, input: { workspace_id, invite_id } }) => {
      const actor = { workspace_id, user_id: ctx.caller.user.id };
      const selection = { kind: "id", id: invite_id } as const;
      await ctx.inWorkspace(async (transaction) => {
        const own = await beginMemberChange(transaction, actor);
        const invite = await findInvite(transaction, workspace_id, selection);
        if (invite === null) {
          throw new PerpetuoError("not_found", { message: "There is no such invitation." });
        }
        refuseRoleAbove(own, invite.role);
        await revokeInvites(transaction, workspace_id, selection);
      });
      return { id: invite_id };
    }),

  /** A mutation although it only reads, because a query's token would stand in an address and so in logs. */
  previewInvite: publicProcedure
    .input(previewInviteInput)
    .output(previewInviteOutput)
    .mutation(async ({ ctx, input }) => {
      const token = readInviteToken(input.token);
      if (token === null) throw new PerpetuoError("link_invalid");
      const { workspace_id } = token;
      const invite = await inWorkspace(ctx.services.database, { workspace_id }, (transaction) =>
        findInviteByToken(transaction, token),
      );
      if (invite === null) throw new PerpetuoError("link_invalid");
      return {
        workspace_name: invite.workspace_name,
        invited_by: invite.inviter_name,
        email: invite.email,
        role: invite.role,
        expires_at: invite.expires_at.toISOString(),
      };
    }),

  acceptInvite: sessionProcedure
    .input(acceptInviteInput)
    .output(acceptInviteOutput)
    .mutation(async ({ ctx, input }) => {
      const token = readInviteToken(input.token);
      if (token === null) throw new PerpetuoError("link_invalid");
      const { workspace_id } = token;
      const { user } = ctx.caller;
      const scope = { workspace_id, user_id: user.id, ...auditOrigin(ctx) };
      const { workspace, role } = await inWorkspace(ctx.services.database, scope, (transaction) =>
        acceptInvite(transaction, token, user),
      );
      ctx.nameWorkspace(workspace_id);
      return presentWorkspace(workspace, role);
    }),
});
