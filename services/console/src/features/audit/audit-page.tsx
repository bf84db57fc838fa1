import { api } from "@perpetuo/client/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { NuqsAdapter } from "nuqs/adapters/react-router/v8";
import { Page } from "../../components/layout/page.tsx";
import { PageHeader } from "../../components/layout/page-header.tsx";
import { Button } from "../../components/ui/button.tsx";
import { FailureState } from "../../components/ui/failure.tsx";
import { Select } from "../../components/ui/select.tsx";
import { StateMessage } from "../../components/ui/state-message.tsx";
import { TableFrame, TableSkeleton } from "../../components/ui/table.tsx";
import { messages } from "../../messages/messages.ts";
import { useWorkspace } from "../workspaces/session.ts";
import { AuditTable } from "./audit-table.tsx";
import { type AuditFilters, actions, tables, useAuditFilters } from "./filters.ts";

const text = messages.audit;

/** A select has no empty value of its own; this one stands for "no filter". */
const any = "any";
const tableOptions = [
  { value: any, label: text.filters.allTables },
  ...tables.map((value) => ({ value, label: text.subjects[value] ?? value })),
];
const actionOptions = [
  { value: any, label: text.filters.allActions },
  ...actions.map((value) => ({ value, label: text.actions[value] })),
] as const;

/** The state of the page is in the URL, through the adapter of the router. */
export function AuditPage() {
  return (
    <NuqsAdapter>
      <Audit />
    </NuqsAdapter>
  );
}

function Audit() {
  const workspace = useWorkspace();
  const [filters, change] = useAuditFilters();
  const { client } = api.useUtils();
  const input = {
    workspace_id: workspace.id,
    ...(filters.table !== null && { table: filters.table }),
    ...(filters.action !== null && { action: filters.action }),
  };
  // Not the hook for pages of `@trpc/react-query`: it sends a field `direction`, which the strict input refuses.
  const audit = useInfiniteQuery({
    queryKey: ["audit.list", input],
    queryFn: ({ pageParam }) =>
      client.audit.list.query({ ...input, ...(pageParam !== null && { cursor: pageParam }) }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
  const entries = audit.data?.pages.flatMap(({ items }) => items);
  const filtered = filters.table !== null || filters.action !== null;
  return (
    <Page width="reading">
      <PageHeader title={text.title} description={text.description} />
      <FilterBar filters={filters} onChange={change} />
      <TableFrame>
        {entries !== undefined && entries.length > 0 && <AuditTable entries={entries} />}
        {entries?.length === 0 && (
          <StateMessage
            icon={ScrollText}
            title={text.empty.title}
            description={filtered ? text.empty.filtered : text.empty.description}
            className="mx-auto"
          />
        )}
        {audit.isPending && <TableSkeleton rows={8} />}
        {audit.error !== null && entries === undefined && (
          <div className="grid place-items-center">
            <FailureState error={audit.error} onRetry={() => void audit.refetch()} />
          </div>
        )}
      </TableFrame>
      {audit.hasNextPage && (
        <div>
          <Button pending={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
            {text.older}
          </Button>
        </div>
      )}
    </Page>
  );
}

function FilterBar(properties: { filters: AuditFilters; onChange: (change: Partial<AuditFilters>) => void }) {
  const { filters, onChange } = properties;
  return (
    <search aria-label={text.filters.label} className="flex flex-wrap gap-2">
      <Select
        label={text.filters.table}
        size="small"
        value={filters.table ?? any}
        options={tableOptions}
        onChange={(table) => onChange({ table: table === any ? null : table })}
      />
      <Select
        label={text.filters.action}
        size="small"
        value={filters.action ?? any}
        options={actionOptions}
        onChange={(action) => onChange({ action: action === any ? null : action })}
      />
    </search>
  );
}
