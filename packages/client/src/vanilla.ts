import type { AppRouter } from "@perpetuo/control/router";
import { createTRPCClient, httpBatchLink, type TRPCClient } from "@trpc/client";

/** The typed client without React: `client.logs.list.query(…)`, `client.apiKeys.create.mutate(…)`. */
export type PerpetuoClient = TRPCClient<AppRouter>;

/**
 * How the caller proves who it is. `cookie`: a browser on the console's own origin, after a log-in there.
 * `bearer`: the session token that sign-up and log-in answer; a function is asked before every call, and null sends
 * the call without a token (as sign-up and log-in need it).
 */
export type ClientCredentials =
  | { kind: "cookie" }
  | { kind: "bearer"; token: string | null | (() => string | null | Promise<string | null>) };

export type ClientOptions = {
  /** The control API's origin, such as `http://localhost:3000`; empty in a page that the control API serves itself. */
  baseUrl: string;
  credentials: ClientCredentials;
  /** Replaces the global `fetch`: for tests, tracing or another HTTP client. */
  fetch?: typeof globalThis.fetch;
};

/** Control refuses larger batches. */
const maximumBatchSize = 10;

/** Below the 16 KiB that control allows for a request's head. */
const maximumUrlLength = 8_000;

/** Makes a typed client of the control API. Calls reject with a `TRPCClientError`; see `readClientError`. */
export function createPerpetuoClient(options: ClientOptions): PerpetuoClient {
  const { credentials } = options;
  const send = options.fetch ?? globalThis.fetch;
  return createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: `${options.baseUrl.replace(/\/+$/, "")}/trpc`,
        maxItems: maximumBatchSize,
        maxURLLength: maximumUrlLength,
        headers: () => authorizationHeaders(credentials),
        fetch: (url, init) =>
          send(url, {
            ...(init as RequestInit),
            credentials: credentials.kind === "cookie" ? "same-origin" : "omit",
          }),
      }),
    ],
  });
}

async function authorizationHeaders(credentials: ClientCredentials): Promise<Record<string, string>> {
  if (credentials.kind === "cookie") return {};
  const token = typeof credentials.token === "function" ? await credentials.token() : credentials.token;
  return token === null ? {} : { authorization: `Bearer ${token}` };
}
