import { api } from "@perpetuo/client/hooks";
import { Button } from "../../components/ui/button.tsx";
import { failureText } from "../../components/ui/failure.tsx";
import { Cell, HeaderCell, Table, TableFrame } from "../../components/ui/table.tsx";
import { notify } from "../../components/ui/toaster.tsx";
import { formatRelative } from "../../library/format.ts";
import { useNow } from "../../library/use-now.ts";
import { messages } from "../../messages/messages.ts";

const text = messages.team.invites;

/** Invitations that can still be accepted; nothing at all without any. */
export function InviteTable({ workspaceId }: { workspaceId: string }) {
  const now = useNow(60_000);
  const utils = api.useUtils();
  const invites = api.members.listInvites.useQuery({ workspace_id: workspaceId });
  const revoke = api.members.revokeInvite.useMutation({
    onSuccess: () => utils.members.listInvites.invalidate(),
    onError: (error) => notify.failure(failureText(error)),
  });
  if (invites.data === undefined || invites.data.items.length === 0) return null;
  return (
    <section className="flex flex-col gap-3">
      <h2 className="text-base font-semibold">{text.title}</h2>
      <TableFrame>
        <Table label={text.table}>
          <thead>
            <tr>
              <HeaderCell>{text.columns.email}</HeaderCell>
              <HeaderCell>{text.columns.role}</HeaderCell>
              <HeaderCell className="hidden md:table-cell">{text.columns.invitedBy}</HeaderCell>
              <HeaderCell className="hidden sm:table-cell">{text.columns.expires}</HeaderCell>
              <HeaderCell className="w-px" label={text.revoke} />
            </tr>
          </thead>
          <tbody>
            {invites.data.items.map((invite) => (
              <tr key={invite.id} className="border-t border-line">
                <Cell className="max-w-40 truncate sm:max-w-80">{invite.email}</Cell>
                <Cell className="text-muted">{messages.shell.roles[invite.role]}</Cell>
                <Cell className="hidden text-muted md:table-cell">{invite.invited_by}</Cell>
                <Cell className="hidden whitespace-nowrap text-muted sm:table-cell">
                  {formatRelative(invite.expires_at, now)}
                </Cell>
                <Cell className="py-1.5 text-right">
                  <Button
                    variant="danger-ghost"
                    size="small"
                    aria-label={text.revokeLabel(invite.email)}
                    onClick={() => revoke.mutate({ workspace_id: workspaceId, invite_id: invite.id })}
                  >
                    {text.revoke}
                  </Button>
                </Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      </TableFrame>
    </section>
  );
}
