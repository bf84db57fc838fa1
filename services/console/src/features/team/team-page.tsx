import { api } from "@perpetuo/client/hooks";
import { UserPlus } from "lucide-react";
import { lazy, useState } from "react";
import { Page } from "../../components/layout/page.tsx";
import { PageHeader } from "../../components/layout/page-header.tsx";
import { Button } from "../../components/ui/button.tsx";
import { FailureState } from "../../components/ui/failure.tsx";
import { LoadWhenOpen } from "../../components/ui/load-when-open.tsx";
import { TableFrame, TableSkeleton } from "../../components/ui/table.tsx";
import { messages } from "../../messages/messages.ts";
import { hasRole, useWorkspace } from "../workspaces/session.ts";
import { InviteTable } from "./invite-table.tsx";
import { LeaveWorkspace } from "./leave-workspace.tsx";
import { MemberTable } from "./member-table.tsx";

const text = messages.team;

const InviteDialog = lazy(async () => {
  const { InviteDialog: component } = await import("./invite-dialog.tsx");
  return { default: component };
});

export function TeamPage() {
  const workspace = useWorkspace();
  const members = api.members.list.useQuery({ workspace_id: workspace.id });
  const [inviting, setInviting] = useState(false);
  const canChange = hasRole(workspace, "admin");
  return (
    <Page width="reading">
      <PageHeader
        title={text.title}
        description={text.description}
        actions={
          canChange && (
            <Button variant="primary" onClick={() => setInviting(true)}>
              <UserPlus aria-hidden="true" />
              {text.invite.open}
            </Button>
          )
        }
      />
      <TableFrame>
        {members.data !== undefined && <MemberTable members={members.data.items} workspace={workspace} />}
        {members.isPending && <TableSkeleton rows={2} />}
        {members.error !== null && members.data === undefined && (
          <div className="grid place-items-center">
            <FailureState error={members.error} onRetry={() => void members.refetch()} />
          </div>
        )}
      </TableFrame>
      {canChange && <InviteTable workspaceId={workspace.id} />}
      <LeaveWorkspace workspace={workspace} />
      <LoadWhenOpen open={inviting}>
        <InviteDialog workspace={workspace} open={inviting} onOpenChange={setInviting} />
      </LoadWhenOpen>
    </Page>
  );
}
