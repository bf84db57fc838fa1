import { api } from "@perpetuo/client/hooks";
import { lazy, useState } from "react";
import { Page } from "../../components/layout/page.tsx";
import { PageHeader } from "../../components/layout/page-header.tsx";
import { FailureState } from "../../components/ui/failure.tsx";
import { LoadWhenOpen } from "../../components/ui/load-when-open.tsx";
import { TableFrame, TableSkeleton } from "../../components/ui/table.tsx";
import { messages } from "../../messages/messages.ts";
import { hasRole, useWorkspace } from "../workspaces/session.ts";
import { BudgetTable } from "./budget-table.tsx";
import { joinSubjects, type Subject } from "./subjects.ts";

const text = messages.budgets;

/** How often spending is read again, in milliseconds, while the page is visible. */
const refreshInterval = 10_000;

const LimitsDialog = lazy(async () => {
  const { LimitsDialog: component } = await import("./limits-dialog.tsx");
  return { default: component };
});

export function BudgetsPage() {
  const workspace = useWorkspace();
  const place = { workspace_id: workspace.id };
  const budgets = api.budgets.status.useQuery(place, { refetchInterval: refreshInterval });
  const quotas = api.quotas.status.useQuery(place, { refetchInterval: refreshInterval });
  const [editing, setEditing] = useState<Subject | null>(null);
  const error = budgets.error ?? quotas.error;
  const ready = budgets.data !== undefined && quotas.data !== undefined;
  const retry = () => void Promise.all([budgets.refetch(), quotas.refetch()]);

  return (
    <Page>
      <PageHeader title={text.title} description={text.description} />
      <TableFrame>
        {ready && (
          <BudgetTable
            subjects={joinSubjects(budgets.data.items, quotas.data.items)}
            {...(hasRole(workspace, "admin") && { onEdit: setEditing })}
          />
        )}
        {!ready && error === null && <TableSkeleton rows={3} />}
        {!ready && error !== null && (
          <div className="grid place-items-center">
            <FailureState error={error} onRetry={retry} />
          </div>
        )}
      </TableFrame>
      <LoadWhenOpen open={editing !== null}>
        <LimitsDialog workspaceId={workspace.id} subject={editing} onClose={() => setEditing(null)} />
      </LoadWhenOpen>
    </Page>
  );
}
