import { api } from "@perpetuo/client/hooks";
import { KeyRound, Plus } from "lucide-react";
import { lazy, useState } from "react";
import { Page } from "../../components/layout/page.tsx";
import { PageHeader } from "../../components/layout/page-header.tsx";
import { Button } from "../../components/ui/button.tsx";
import { FailureState } from "../../components/ui/failure.tsx";
import { LoadWhenOpen } from "../../components/ui/load-when-open.tsx";
import { StateMessage } from "../../components/ui/state-message.tsx";
import { TableFrame, TableSkeleton } from "../../components/ui/table.tsx";
import { messages } from "../../messages/messages.ts";
import { hasRole, useWorkspace } from "../workspaces/session.ts";
import { KeyTable } from "./key-table.tsx";

const text = messages.apiKeys;

const CreateKeyDialog = lazy(async () => {
  const { CreateKeyDialog: component } = await import("./create-key-dialog.tsx");
  return { default: component };
});

export function ApiKeysPage() {
  const workspace = useWorkspace();
  const keys = api.apiKeys.list.useQuery({ workspace_id: workspace.id });
  const [creating, setCreating] = useState(false);
  const canChange = hasRole(workspace, "admin");
  const createButton = canChange && (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus aria-hidden="true" />
      {text.create}
    </Button>
  );

  return (
    <Page width="reading">
      <PageHeader title={text.title} description={text.description} actions={createButton} />
      <TableFrame>
        {keys.data !== undefined && keys.data.items.length > 0 && (
          <KeyTable keys={keys.data.items} workspaceId={workspace.id} canChange={canChange} />
        )}
        {keys.data?.items.length === 0 && (
          <StateMessage
            icon={KeyRound}
            title={text.empty.title}
            description={text.empty.description}
            action={createButton}
            className="mx-auto"
          />
        )}
        {keys.isPending && <TableSkeleton rows={3} />}
        {keys.error !== null && keys.data === undefined && (
          <div className="grid place-items-center">
            <FailureState error={keys.error} onRetry={() => void keys.refetch()} />
          </div>
        )}
      </TableFrame>
      <LoadWhenOpen open={creating}>
        <CreateKeyDialog workspaceId={workspace.id} open={creating} onOpenChange={setCreating} />
      </LoadWhenOpen>
    </Page>
  );
}
