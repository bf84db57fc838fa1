import { api } from "@perpetuo/client/hooks";
import { messages } from "../../messages/messages.ts";
import { revealApiKey } from "../api-keys/revealed-key.ts";

/** Creates an API key in one click; its text then fills the snippets. */
export function useCreateFirstKey(workspaceId: string) {
  const utils = api.useUtils();
  const mutation = api.apiKeys.create.useMutation({
    onSuccess: async (key) => {
      revealApiKey({ workspace_id: workspaceId, text: key.api_key });
      await utils.apiKeys.list.invalidate();
    },
  });
  return {
    create: () =>
      mutation.mutate({ workspace_id: workspaceId, name: messages.getStarted.apiKey.defaultName }),
    isPending: mutation.isPending,
    error: mutation.error,
  };
}
