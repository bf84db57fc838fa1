import { api } from "@perpetuo/client/hooks";
import { useCallback } from "react";
import { messages } from "../../messages/messages.ts";
import { hasRole, type Workspace } from "../workspaces/session.ts";

/** How many characters of an id tell keys apart for a reader who may not list them. */
const shortIdLength = 8;

/** Names API keys by id. A viewer may not list keys and sees the start of the id. */
export function useKeyLabels(workspace: Workspace): (apiKeyId: string) => string {
  const mayList = hasRole(workspace, "member");
  const { data } = api.apiKeys.list.useQuery(
    { workspace_id: workspace.id },
    { enabled: mayList, staleTime: 60_000 },
  );
  return useCallback(
    (apiKeyId) => {
      const key = data?.items.find((candidate) => candidate.id === apiKeyId);
      if (key !== undefined) return key.name;
      return data === undefined ? apiKeyId.slice(0, shortIdLength) : messages.requests.deletedKey;
    },
    [data],
  );
}
