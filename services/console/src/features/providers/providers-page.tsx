import { api } from "@perpetuo/client/hooks";
import { Plug, Plus } from "lucide-react";
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
import { ProviderTable } from "./provider-table.tsx";

const text = messages.providers;

const AddProviderDialog = lazy(async () => {
  const { AddProviderDialog: component } = await import("./add-provider-dialog.tsx");
  return { default: component };
});

export function ProvidersPage() {
  const workspace = useWorkspace();
  const providers = api.providers.list.useQuery({ workspace_id: workspace.id });
  const [adding, setAdding] = useState(false);
  const canChange = hasRole(workspace, "admin");
  const addButton = canChange && (
    <Button variant="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden="true" />
      {text.add}
    </Button>
  );

  return (
    <Page width="reading">
      <PageHeader title={text.title} description={text.description} actions={addButton} />
      <TableFrame>
        {providers.data !== undefined && providers.data.items.length > 0 && (
          <ProviderTable keys={providers.data.items} workspaceId={workspace.id} canChange={canChange} />
        )}
        {providers.data?.items.length === 0 && (
          <StateMessage
            icon={Plug}
            title={text.empty.title}
            description={text.empty.description}
            action={addButton}
            className="mx-auto"
          />
        )}
        {providers.isPending && <TableSkeleton rows={3} />}
        {providers.error !== null && providers.data === undefined && (
          <div className="grid place-items-center">
            <FailureState error={providers.error} onRetry={() => void providers.refetch()} />
          </div>
        )}
      </TableFrame>
      <LoadWhenOpen open={adding}>
        <AddProviderDialog workspaceId={workspace.id} open={adding} onOpenChange={setAdding} />
      </LoadWhenOpen>
    </Page>
  );
}
