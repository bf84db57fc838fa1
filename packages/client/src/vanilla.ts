import type { AppRouter } from "@perpetuo/control/router";
import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
} from "@trpc/client";
import { EventSource } from "eventsource";

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

/**
 * Makes a typed client of the control API. Calls reject with a `TRPCClientError`; see `readClientError`. Subscriptions are
 * server-sent events: they connect again by themselves and go on after the last event that came.
 */
export function createPerpetuoClient(options: ClientOptions): PerpetuoClient {
  const url = `${options.baseUrl.replace(/\/+$/, "")}/trpc`;
  const { credentials } = options;
  const send = options.fetch ?? globalThis.fetch;
  const sameOrigin = { credentials: credentials.kind === "cookie" ? "same-origin" : "omit" } as const;
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: httpSubscriptionLink({
          url,
          // The browser's own can send neither a bearer token nor a call that a test or a trace replaces.
          EventSource,
          eventSourceOptions: {
            fetch: async (address, init) =>
              send(address, {
                ...(init as RequestInit),
                ...sameOrigin,
                headers: { ...init.headers, ...(await authorizationHeaders(credentials)) },
              }),
          },
        }),
        false: httpBatchLink({
          url,
          maxItems: maximumBatchSize,
          maxURLLength: maximumUrlLength,
          headers: () => authorizationHeaders(credentials),
          fetch: (address, init) => send(address, { ...(init as RequestInit), ...sameOrigin }),
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
