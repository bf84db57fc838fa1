import { api, type RouterOutputs } from "@perpetuo/client/hooks";
import { keyState } from "../api-keys/key-state.ts";
import { useRevealedKey } from "../api-keys/revealed-key.ts";
import { hasRole, useWorkspace } from "../workspaces/session.ts";
import { buildChecklist } from "./checklist.ts";

/** How often the first request is looked for, in milliseconds, while the page is visible. */
const listeningInterval = 1_000;

export type FirstRequest = RouterOutputs["logs"]["list"]["items"][number];

/** Everything that the checklist shows, read live. */
export function useGetStarted() {
  const workspace = useWorkspace();
  const workspace_id = workspace.id;
  const mayListKeys = hasRole(workspace, "member");
  const providers = api.providers.list.useQuery({ workspace_id });
  const apiKeys = api.apiKeys.list.useQuery({ workspace_id }, { enabled: mayListKeys });
  const requests = api.logs.list.useQuery(
    { workspace_id, page: 1, limit: 1 },
    {
      refetchInterval: (query) => ((query.state.data?.items.length ?? 0) > 0 ? false : listeningInterval),
      staleTime: 0,
    },
  );
  const revealedKey = useRevealedKey(workspace_id);

  const providerKeys = providers.data?.items.filter((key) => key.enabled) ?? [];
  const now = new Date();
  const activeKeys = apiKeys.data?.items.filter((key) => keyState(key, now).kind === "active") ?? [];
  const firstRequest = requests.data?.items[0] ?? null;

  return {
    workspace,
    mayChange: hasRole(workspace, "admin"),
    providerKeys,
    activeKeys,
    revealedKey,
    firstRequest,
    isPending: providers.isPending || requests.isPending || (mayListKeys && apiKeys.isPending),
    error: providers.error ?? requests.error ?? apiKeys.error,
    retry: () => Promise.all([providers.refetch(), requests.refetch(), mayListKeys && apiKeys.refetch()]),
    checklist: buildChecklist({
      provider: providerKeys.length > 0,
      apiKey: activeKeys.length > 0 || revealedKey !== null,
      request: firstRequest !== null,
    }),
  };
}

export type GetStarted = ReturnType<typeof useGetStarted>;
