import { api } from "@perpetuo/client/hooks";
import type { ProviderKey } from "@perpetuo/contracts/api/providers";
import { Ellipsis, FlaskConical, Power, Trash2 } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { failureText } from "../../components/ui/failure.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../components/ui/menu.tsx";
import { notify } from "../../components/ui/toaster.tsx";
import { formatMilliseconds } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";
import { providerTitle } from "./provider-title.ts";

const text = messages.providers;

type ProviderActionsProps = {
  providerKey: ProviderKey;
  workspaceId: string;
  onRemove: (key: ProviderKey) => void;
};

export function ProviderActions({ providerKey, workspaceId, onRemove }: ProviderActionsProps) {
  const utils = api.useUtils();
  const title = providerTitle(providerKey);
  const target = { workspace_id: workspaceId, provider_key_id: providerKey.id };
  const reportFailure = (error: unknown) => notify.failure(failureText(error));
  const update = api.providers.update.useMutation({
    onSuccess: () => utils.providers.list.invalidate(),
    onError: reportFailure,
  });
  const test = api.providers.test.useMutation({
    onSuccess: async (result) => {
      if (result.outcome === "ok") notify.success(text.testOk(title, formatMilliseconds(result.duration_ms)));
      else notify.failure(text.testFailed(title, result.message));
      await utils.providers.list.invalidate();
    },
    onError: reportFailure,
  });

  return (
    <Menu
      align="end"
      trigger={
        <Button
          variant="ghost"
          size="icon-small"
          aria-label={text.actions(title)}
          pending={test.isPending || update.isPending}
        >
          <Ellipsis aria-hidden="true" />
        </Button>
      }
    >
      <MenuItem onClick={() => test.mutate(target)}>
        <FlaskConical aria-hidden="true" />
        {text.test}
      </MenuItem>
      <MenuItem onClick={() => update.mutate({ ...target, enabled: !providerKey.enabled })}>
        <Power aria-hidden="true" />
        {providerKey.enabled ? text.disable : text.enable}
      </MenuItem>
      <MenuSeparator />
      <MenuItem className="text-danger [&_svg]:text-danger" onClick={() => onRemove(providerKey)}>
        <Trash2 aria-hidden="true" />
        {text.remove}
      </MenuItem>
    </Menu>
  );
}
