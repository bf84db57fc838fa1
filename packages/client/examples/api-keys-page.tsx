/**
 * A small front end with the typed hooks: lists a workspace's API keys and creates one, whose text it shows once.
 * `@perpetuo/client/hooks` and `@perpetuo/client/vanilla` are what another package imports.
 */
import { QueryClient } from "@tanstack/react-query";
import { type ReactElement, useState } from "react";
import { api, PerpetuoProvider, type RouterOutputs } from "../src/hooks.ts";
import { createPerpetuoClient } from "../src/vanilla.ts";

type ApiKey = RouterOutputs["apiKeys"]["list"]["items"][number];

/** On the control API's own origin the session is a cookie. Elsewhere, use a bearer token. */
export function App({ workspaceId }: { workspaceId: string }): ReactElement {
  const [client] = useState(() => createPerpetuoClient({ baseUrl: "", credentials: { kind: "cookie" } }));
  const [queryClient] = useState(() => new QueryClient());
  return (
    <PerpetuoProvider client={client} queryClient={queryClient}>
      <ApiKeys workspaceId={workspaceId} />
    </PerpetuoProvider>
  );
}

function ApiKeys({ workspaceId }: { workspaceId: string }): ReactElement {
  const utils = api.useUtils();
  const keys = api.apiKeys.list.useQuery({ workspace_id: workspaceId });
  const requests = api.logs.list.useQuery({ workspace_id: workspaceId, limit: 1 });
  const create = api.apiKeys.create.useMutation({ onSuccess: () => utils.apiKeys.list.invalidate() });

  if (keys.error !== null) return <p role="alert">{keys.error.message}</p>;
  return (
    <section>
      <p>{requests.data?.total ?? "…"} requests so far</p>
      <ul>
        {keys.data?.items.map((key) => (
          <ApiKeyLine key={key.id} apiKey={key} />
        ))}
      </ul>
      <button type="button" onClick={() => create.mutate({ workspace_id: workspaceId, name: "Another key" })}>
        Create a key
      </button>
      {create.data !== undefined && <code>{create.data.api_key}</code>}
    </section>
  );
}

function ApiKeyLine({ apiKey }: { apiKey: ApiKey }): ReactElement {
  return (
    <li>
      {apiKey.name} ({apiKey.prefix}…){apiKey.revoked_at !== null && " revoked"}
    </li>
  );
}
