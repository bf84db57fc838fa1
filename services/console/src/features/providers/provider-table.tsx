import { api } from "@perpetuo/client/hooks";
import type { ProviderHealth, ProviderKey } from "@perpetuo/contracts/api/providers";
import { useState } from "react";
import { Badge } from "../../components/ui/badge.tsx";
import { ConfirmDialog } from "../../components/ui/confirm-dialog.tsx";
import { Cell, HeaderCell, Table } from "../../components/ui/table.tsx";
import { notify } from "../../components/ui/toaster.tsx";
import { classNames } from "../../library/class-names.ts";
import { formatRelative } from "../../library/format.ts";
import { useNow } from "../../library/use-now.ts";
import { messages } from "../../messages/messages.ts";
import { ProviderActions } from "./provider-actions.tsx";
import { providerTitle } from "./provider-title.ts";

const text = messages.providers;

type ProviderTableProps = { keys: ProviderKey[]; workspaceId: string; canChange: boolean };

export function ProviderTable({ keys, workspaceId, canChange }: ProviderTableProps) {
  const [removing, setRemoving] = useState<ProviderKey | null>(null);
  return (
    <>
      <Table label={text.table}>
        <thead>
          <tr>
            <HeaderCell className="hidden w-px sm:table-cell">{text.columns.priority}</HeaderCell>
            <HeaderCell>{text.columns.provider}</HeaderCell>
            <HeaderCell className="hidden sm:table-cell">{text.columns.key}</HeaderCell>
            <HeaderCell className="hidden md:table-cell">{text.columns.health}</HeaderCell>
            <HeaderCell>{text.columns.state}</HeaderCell>
            {canChange && <HeaderCell className="w-px" label={text.columns.actions} />}
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id} className={classNames("border-t border-line", !key.enabled && "text-muted")}>
              <Cell className="hidden text-muted tabular-nums sm:table-cell">{key.priority}</Cell>
              <Cell className="max-w-40 py-2 first:pl-4 sm:max-w-56">
                <span className="block truncate font-medium">{providerTitle(key)}</span>
                <span className="block truncate text-xs text-muted">{key.base_url ?? key.provider}</span>
              </Cell>
              <Cell className="hidden font-mono text-muted sm:table-cell">••••{key.last_four}</Cell>
              <Cell className="hidden md:table-cell">
                <Health health={key.health} />
              </Cell>
              <Cell>
                <Badge tone={key.enabled ? "success" : "neutral"}>
                  {key.enabled ? text.enabled : text.disabled}
                </Badge>
              </Cell>
              {canChange && (
                <Cell className="py-1.5 text-right">
                  <ProviderActions providerKey={key} workspaceId={workspaceId} onRemove={setRemoving} />
                </Cell>
              )}
            </tr>
          ))}
        </tbody>
      </Table>
      <RemoveDialog providerKey={removing} workspaceId={workspaceId} onClose={() => setRemoving(null)} />
    </>
  );
}

const dotStyles = { unknown: "bg-line-strong", healthy: "bg-success", failing: "bg-danger" };

function Health({ health }: { health: ProviderHealth }) {
  const now = useNow(60_000);
  const label =
    health.status === "failing" && health.failing_since !== null
      ? text.failingSince(formatRelative(health.failing_since, now))
      : text.health[health.status];
  return (
    <span className="block max-w-64">
      <span className="flex items-center gap-2">
        <span
          aria-hidden="true"
          className={classNames("size-2 shrink-0 rounded-full", dotStyles[health.status])}
        />
        {label}
      </span>
      {health.last_error !== null && health.status === "failing" && (
        <span className="block truncate pl-4 text-xs text-muted" title={health.last_error}>
          {health.last_error}
        </span>
      )}
    </span>
  );
}

type RemoveDialogProps = { providerKey: ProviderKey | null; workspaceId: string; onClose: () => void };

function RemoveDialog({ providerKey, workspaceId, onClose }: RemoveDialogProps) {
  const utils = api.useUtils();
  const remove = api.providers.remove.useMutation({
    onSuccess: async () => {
      await utils.providers.list.invalidate();
      if (providerKey !== null) notify.success(text.removed(providerTitle(providerKey)));
      onClose();
    },
  });
  return (
    <ConfirmDialog
      subject={providerKey}
      title={(key) => text.removeDialog.title(providerTitle(key))}
      description={text.removeDialog.description}
      confirm={text.removeDialog.confirm}
      pending={remove.isPending}
      error={remove.error}
      onConfirm={(key) => remove.mutate({ workspace_id: workspaceId, provider_key_id: key.id })}
      onClose={() => {
        remove.reset();
        onClose();
      }}
    />
  );
}
