import type { AppRouter } from "@perpetuo/control/router";
import type { QueryClient } from "@tanstack/react-query";
import { QueryClientProvider } from "@tanstack/react-query";
import { type CreateTRPCReact, createTRPCReact, getQueryKey } from "@trpc/react-query";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { createElement, type ReactElement, type ReactNode } from "react";
import type { PerpetuoClient } from "./vanilla.ts";

/** Typed hooks of every procedure: `api.logs.list.useQuery(…)`, `api.apiKeys.create.useMutation()`, `api.useUtils()`. */
export const api: CreateTRPCReact<AppRouter, unknown> = createTRPCReact<AppRouter>();

/** The cache key of `auth.me`, for noticing in one place that a session has ended. */
export const sessionQueryKey: readonly unknown[] = getQueryKey(api.auth.me, undefined, "query");

/** What each procedure takes, such as `RouterInputs["logs"]["list"]`. */
export type RouterInputs = inferRouterInputs<AppRouter>;

/** What each procedure answers, such as `RouterOutputs["logs"]["list"]`. */
export type RouterOutputs = inferRouterOutputs<AppRouter>;

export type PerpetuoProviderProperties = {
  client: PerpetuoClient;
  queryClient: QueryClient;
  children: ReactNode;
};

/** Gives the hooks below it their client and their cache. */
export function PerpetuoProvider(properties: PerpetuoProviderProperties): ReactElement {
  const { client, queryClient, children } = properties;
  const cached = createElement(QueryClientProvider, { client: queryClient }, children);
  // biome-ignore lint/correctness/noChildrenProp: the provider's type asks for its children as a property.
  return createElement(api.Provider, { client, queryClient, children: cached });
}
