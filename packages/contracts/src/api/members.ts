import { z } from "zod";
import { roleSchema } from "../roles.ts";
import {
  emailSchema,
  emptyOutput,
  idSchema,
  removedOutput,
  timestampSchema,
  workspaceInput,
} from "./common.ts";
import { workspaceSchema } from "./workspaces.ts";

/** A user in a workspace. */
export const memberSchema = z.strictObject({
  user_id: idSchema,
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  joined_at: timestampSchema,
});
export type Member = z.infer<typeof memberSchema>;

export const listMembersInput = workspaceInput;
/** In the order in which they joined. */
export const listMembersOutput = z.strictObject({ items: z.array(memberSchema) });

export const changeRoleInput = workspaceInput.extend({ user_id: idSchema, role: roleSchema });

export const removeMemberInput = workspaceInput.extend({ user_id: idSchema });
/** `id` is the user's. */
export const removeMemberOutput = removedOutput;

export const leaveWorkspaceInput = workspaceInput;
export const leaveWorkspaceOutput = emptyOutput;

/** An invitation that can still be accepted. Its token is not here: only its hash is stored. */
export const inviteSchema = z.strictObject({
  id: idSchema,
  email: z.string(),
  role: roleSchema,
  /** Name of the member who invited. */
  invited_by: z.string(),
  created_at: timestampSchema,
  expires_at: timestampSchema,
});
export type Invite = z.infer<typeof inviteSchema>;

export const inviteInput = workspaceInput.extend({ email: emailSchema, role: roleSchema });

/**
 * How an invitation travels. `mail`: the link went to the invited address. `link`: pass it on yourself; it is shown
 * here and never again. `reason` says why no mail was sent: none is configured, or the mail server refused it.
 */
export const inviteDeliverySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("mail") }),
  z.strictObject({
    kind: z.literal("link"),
    link: z.string(),
    reason: z.enum(["mail_not_configured", "mail_failed"]),
  }),
]);
export type InviteDelivery = z.infer<typeof inviteDeliverySchema>;

export const inviteOutput = z.strictObject({ invite: inviteSchema, delivery: inviteDeliverySchema });

export const listInvitesInput = workspaceInput;
/** The pending ones, newest first. */
export const listInvitesOutput = z.strictObject({ items: z.array(inviteSchema) });

export const revokeInviteInput = workspaceInput.extend({ invite_id: idSchema });
export const revokeInviteOutput = removedOutput;

/** What follows `#token=` in an invitation's link. */
const inviteTokenSchema = z.string().min(1).max(200);

export const previewInviteInput = z.strictObject({ token: inviteTokenSchema });
/** What an invited person sees before they have an account. */
export const previewInviteOutput = z.strictObject({
  workspace_name: z.string(),
  invited_by: z.string(),
  email: z.string(),
  role: roleSchema,
  expires_at: timestampSchema,
});

export const acceptInviteInput = z.strictObject({ token: inviteTokenSchema });
export const acceptInviteOutput = workspaceSchema;
