import { api } from "@perpetuo/client/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { NuqsAdapter } from "nuqs/adapters/react-router/v8";
import { lazy, useMemo } from "react";
import { PageHeader } from "../../components/layout/page-header.tsx";
import { FailureState } from "../../components/ui/failure.tsx";
import { LoadWhenOpen } from "../../components/ui/load-when-open.tsx";
import { TableFrame, TableSkeleton } from "../../components/ui/table.tsx";
import { formatMoment } from "../../library/format.ts";
import { useNow } from "../../library/use-now.ts";
import { messages } from "../../messages/messages.ts";
import { useWorkspace } from "../workspaces/session.ts";
import type { RequestRow } from "./columns.tsx";
import { EmptyRequests } from "./empty-requests.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { isFiltered, listInput, useFilters } from "./filters.ts";
import { useKeyLabels } from "./key-labels.ts";
import { LiveIndicator } from "./live-indicator.tsx";
import { Pagination } from "./pagination.tsx";
import { RequestTable } from "./request-table.tsx";

/** How often the newest page reads itself again, in milliseconds, while it is visible. */
const refreshInterval = 4_000;

/** Loads with the first request that is opened. */
const RequestSheet = lazy(async () => {
  const { RequestSheet: component } = await import("./request-sheet.tsx");
  return { default: component };
});

/** The state of the page is in the URL, through the adapter of the router. */
export function RequestsPage() {
  return (
    <NuqsAdapter>
      <Requests />
    </NuqsAdapter>
  );
}

function Requests() {
  const workspace = useWorkspace();
  const { filters, change, clear, openPage, openRequest } = useFilters();
  const now = useNow(60_000);
  const isNewest = filters.page <= 1;
  const list = api.logs.list.useQuery(listInput(workspace.id, filters, now), {
    placeholderData: keepPreviousData,
    refetchInterval: isNewest && refreshInterval,
  });
  const labelOfKey = useKeyLabels(workspace);
  const items = list.data?.items;
  const rows = useMemo<RequestRow[]>(
    () =>
      (items ?? []).map((item) => ({
        ...item,
        api_key_label: labelOfKey(item.api_key_id),
        moment: formatMoment(item.created_at, now),
      })),
    [items, labelOfKey, now],
  );

  return (
    <div className="flex h-[calc(100dvh-3.25rem)] min-h-112 flex-col gap-4 px-4 py-5 sm:px-6 sm:py-7 lg:h-dvh">
      <PageHeader
        title={messages.requests.title}
        description={messages.requests.description}
        actions={isNewest && list.error === null && <LiveIndicator />}
      />
      <FilterBar filters={filters} onChange={change} onClear={clear} />
      <TableFrame className="flex min-h-0 flex-1 flex-col">
        {rows.length > 0 && (
          <RequestTable
            rows={rows}
            selectedId={filters.request}
            stale={list.isPlaceholderData}
            onOpen={openRequest}
          />
        )}
        {list.data !== undefined && rows.length === 0 && (
          <EmptyRequests
            workspaceId={workspace.id}
            filtered={isFiltered(filters) || !isNewest}
            onClear={clear}
          />
        )}
        {list.isPending && <TableSkeleton rows={10} />}
        {list.error !== null && list.data === undefined && (
          <div className="grid flex-1 place-items-center">
            <FailureState error={list.error} onRetry={() => void list.refetch()} />
          </div>
        )}
        {list.data !== undefined && rows.length > 0 && (
          <Pagination page={Math.max(1, filters.page)} data={list.data} onOpen={openPage} />
        )}
      </TableFrame>
      <LoadWhenOpen open={filters.request !== null}>
        <RequestSheet
          workspaceId={workspace.id}
          requestId={filters.request}
          ids={rows.map((row) => row.id)}
          labelOfKey={labelOfKey}
          onOpen={openRequest}
        />
      </LoadWhenOpen>
    </div>
  );
}
