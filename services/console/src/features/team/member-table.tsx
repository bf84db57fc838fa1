import { api, type RouterOutputs } from "@perpetuo/client/hooks";
import { useState } from "react";
import { Badge } from "../../components/ui/badge.tsx";
import { Button } from "../../components/ui/button.tsx";
import { ConfirmDialog } from "../../components/ui/confirm-dialog.tsx";
import { failureText } from "../../components/ui/failure.tsx";
import { Select } from "../../components/ui/select.tsx";
import { Cell, HeaderCell, Table } from "../../components/ui/table.tsx";
import { notify } from "../../components/ui/toaster.tsx";
import { formatDate } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";
import { hasRole, useSession, type Workspace } from "../workspaces/session.ts";
import { roleOptions } from "./role-options.ts";

const text = messages.team;

type Member = RouterOutputs["members"]["list"]["items"][number];

/** The members. An admin changes roles up to their own; nobody changes whoever stands above. */
export function MemberTable({ members, workspace }: { members: Member[]; workspace: Workspace }) {
  const { user } = useSession();
  const [removing, setRemoving] = useState<Member | null>(null);
  const canChange = hasRole(workspace, "admin");
  return (
    <>
      <Table label={text.table}>
        <thead>
          <tr>
            <HeaderCell>{text.columns.member}</HeaderCell>
            <HeaderCell>{text.columns.role}</HeaderCell>
            <HeaderCell className="hidden md:table-cell">{text.columns.joined}</HeaderCell>
            {canChange && <HeaderCell className="w-px" label={text.remove} />}
          </tr>
        </thead>
        <tbody>
          {members.map((member) => {
            const isSelf = member.user_id === user.id;
            const mayChange = canChange && !isSelf && hasRole(workspace, member.role);
            return (
              <tr key={member.user_id} className="border-t border-line">
                <Cell className="max-w-48 py-2 sm:max-w-80">
                  <span className="flex min-w-0 items-center gap-2 font-medium">
                    <span className="truncate">{member.name}</span>
                    {isSelf && <Badge>{text.you}</Badge>}
                  </span>
                  <span className="block truncate text-xs text-muted">{member.email}</span>
                </Cell>
                <Cell className="py-1.5">
                  {mayChange ? (
                    <RoleSelect member={member} workspace={workspace} />
                  ) : (
                    <span className="text-muted">{messages.shell.roles[member.role]}</span>
                  )}
                </Cell>
                <Cell className="hidden whitespace-nowrap text-muted md:table-cell">
                  {formatDate(member.joined_at)}
                </Cell>
                {canChange && (
                  <Cell className="py-1.5 text-right">
                    {mayChange && (
                      <Button
                        variant="danger-ghost"
                        size="small"
                        aria-label={text.removeLabel(member.name)}
                        onClick={() => setRemoving(member)}
                      >
                        {text.remove}
                      </Button>
                    )}
                  </Cell>
                )}
              </tr>
            );
          })}
        </tbody>
      </Table>
      <RemoveDialog member={removing} workspaceId={workspace.id} onClose={() => setRemoving(null)} />
    </>
  );
}

function RoleSelect({ member, workspace }: { member: Member; workspace: Workspace }) {
  const utils = api.useUtils();
  const change = api.members.changeRole.useMutation({
    onSuccess: async ({ name, role }) => {
      await utils.members.invalidate();
      notify.success(text.roleChanged(name, messages.shell.roles[role]));
    },
    onError: (error) => notify.failure(failureText(error)),
  });
  return (
    <Select
      label={text.roleOf(member.name)}
      size="small"
      value={change.variables?.role ?? member.role}
      options={roleOptions(workspace)}
      onChange={(role) => change.mutate({ workspace_id: workspace.id, user_id: member.user_id, role })}
    />
  );
}

type RemoveDialogProps = { member: Member | null; workspaceId: string; onClose: () => void };

function RemoveDialog({ member, workspaceId, onClose }: RemoveDialogProps) {
  const utils = api.useUtils();
  const remove = api.members.remove.useMutation({
    onSuccess: async () => {
      await utils.members.invalidate();
      if (member !== null) notify.success(text.removed(member.name));
      onClose();
    },
  });
  return (
    <ConfirmDialog
      subject={member}
      title={({ name }) => text.removeDialog.title(name)}
      description={text.removeDialog.description}
      confirm={text.removeDialog.confirm}
      pending={remove.isPending}
      error={remove.error}
      onConfirm={({ user_id }) => remove.mutate({ workspace_id: workspaceId, user_id })}
      onClose={() => {
        remove.reset();
        onClose();
      }}
    />
  );
}
