import { api } from "@perpetuo/client/hooks";
import type { ApiKey } from "@perpetuo/contracts/api/api-keys";
import { useState } from "react";
import { Badge } from "../../components/ui/badge.tsx";
import { Button } from "../../components/ui/button.tsx";
import { ConfirmDialog } from "../../components/ui/confirm-dialog.tsx";
import { Cell, HeaderCell, Table } from "../../components/ui/table.tsx";
import { notify } from "../../components/ui/toaster.tsx";
import { classNames } from "../../library/class-names.ts";
import { formatDate, formatRelative } from "../../library/format.ts";
import { useNow } from "../../library/use-now.ts";
import { messages } from "../../messages/messages.ts";
import { keyState } from "./key-state.ts";

const text = messages.apiKeys;

type KeyTableProps = { keys: ApiKey[]; workspaceId: string; canChange: boolean };

export function KeyTable({ keys, workspaceId, canChange }: KeyTableProps) {
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const now = useNow(60_000);
  return (
    <>
      <Table label={text.table}>
        <thead>
          <tr>
            <HeaderCell>{text.columns.name}</HeaderCell>
            <HeaderCell className="hidden sm:table-cell">{text.columns.key}</HeaderCell>
            <HeaderCell className="hidden md:table-cell">{text.columns.lastUsed}</HeaderCell>
            <HeaderCell className="hidden lg:table-cell">{text.columns.created}</HeaderCell>
            <HeaderCell>{text.columns.state}</HeaderCell>
            {canChange && <HeaderCell className="w-px" label={text.revoke} />}
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow key={key.id} apiKey={key} now={now} {...(canChange && { onRevoke: setRevoking })} />
          ))}
        </tbody>
      </Table>
      <RevokeDialog apiKey={revoking} workspaceId={workspaceId} onClose={() => setRevoking(null)} />
    </>
  );
}

type KeyRowProps = { apiKey: ApiKey; now: Date; onRevoke?: (key: ApiKey) => void };

function KeyRow({ apiKey, now, onRevoke }: KeyRowProps) {
  const active = keyState(apiKey, now).kind === "active";
  return (
    <tr className={classNames("border-t border-line", !active && "text-muted")}>
      <Cell className="max-w-36 py-2 sm:max-w-64">
        <span className="block truncate font-medium">{apiKey.name}</span>
        <span className="block font-mono text-xs text-muted sm:hidden">{apiKey.prefix}…</span>
      </Cell>
      <Cell className="hidden font-mono whitespace-nowrap text-muted sm:table-cell">{apiKey.prefix}…</Cell>
      <Cell className="hidden text-muted md:table-cell">
        {apiKey.last_used_at === null ? messages.common.never : formatRelative(apiKey.last_used_at, now)}
      </Cell>
      <Cell className="hidden whitespace-nowrap text-muted lg:table-cell">
        {formatDate(apiKey.created_at)}
      </Cell>
      <Cell>
        <KeyStateBadge apiKey={apiKey} now={now} />
      </Cell>
      {onRevoke !== undefined && (
        <Cell className="py-1.5 text-right">
          {active && (
            <Button
              variant="danger-ghost"
              size="small"
              aria-label={text.revokeLabel(apiKey.name)}
              onClick={() => onRevoke(apiKey)}
            >
              {text.revoke}
            </Button>
          )}
        </Cell>
      )}
    </tr>
  );
}

function KeyStateBadge({ apiKey, now }: { apiKey: ApiKey; now: Date }) {
  const state = keyState(apiKey, now);
  if (state.kind === "revoked") return <Badge>{text.revoked}</Badge>;
  if (state.kind === "expired") return <Badge tone="warning">{text.expired}</Badge>;
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <Badge tone="success">{text.active}</Badge>
      {apiKey.expires_at !== null && (
        <span className="hidden text-xs text-muted lg:inline">
          {text.expires(formatRelative(apiKey.expires_at, now))}
        </span>
      )}
    </span>
  );
}

type RevokeDialogProps = { apiKey: ApiKey | null; workspaceId: string; onClose: () => void };

function RevokeDialog({ apiKey, workspaceId, onClose }: RevokeDialogProps) {
  const utils = api.useUtils();
  const revoke = api.apiKeys.revoke.useMutation({
    onSuccess: async (key) => {
      await utils.apiKeys.list.invalidate();
      notify.success(text.revokedToast(key.name));
      onClose();
    },
  });
  return (
    <ConfirmDialog
      subject={apiKey}
      title={(key) => text.revokeDialog.title(key.name)}
      description={text.revokeDialog.description}
      confirm={text.revokeDialog.confirm}
      pending={revoke.isPending}
      error={revoke.error}
      onConfirm={(key) => revoke.mutate({ workspace_id: workspaceId, api_key_id: key.id })}
      onClose={() => {
        revoke.reset();
        onClose();
      }}
    />
  );
}
