import type { InviteDelivery } from "@perpetuo/contracts/api/members";
import type { InviteRow } from "@perpetuo/database/queries/control/invites";
import type { Mailer } from "../mail/mailer.ts";

/** An invitation on its way. `link` is the secret. */
type Letter = { invite: InviteRow; workspaceName: string; link: string };

/** Sends an invitation to its address or, where that is not possible, hands the link to the inviter. */
export async function deliverInvite(mailer: Mailer, letter: Letter): Promise<InviteDelivery> {
  const outcome = await mailer.send({
    to: letter.invite.email,
    subject: "You are invited to a workspace on Perpetuo",
    text: inviteText(letter),
  });
  if (outcome.kind === "sent") return { kind: "mail" };
  const reason = outcome.kind === "failed" ? "mail_failed" : "mail_not_configured";
  return { kind: "link", link: letter.link, reason };
}

function inviteText({ invite, workspaceName, link }: Letter): string {
  return `${oneLine(invite.inviter_name)} invites you to the workspace “${oneLine(workspaceName)}” as ${invite.role}.

Accept the invitation here, with an account for ${invite.email}:

${link}

The link works once, until ${invite.expires_at.toUTCString()}. If you did not expect it, ignore this mail.
`;
}

/** Names are what people typed: a line break in one could pass for text of ours, and an address would become a link. */
function oneLine(name: string): string {
  return name.replace(/[\p{Cc}\p{Zl}\p{Zp}:/.@]+/gu, " ");
}
