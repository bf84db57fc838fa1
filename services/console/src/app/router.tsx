import { createBrowserRouter, Navigate, type RouteObject } from "react-router";
import { SessionGate } from "../features/workspaces/session-gate.tsx";
import { WorkspaceIndex } from "../features/workspaces/workspace-index.tsx";
import { CrashedPage } from "./crashed-page.tsx";
import { NotFoundPage } from "./not-found-page.tsx";
import { RootLayout } from "./root-layout.tsx";

/** Pages load with their own chunk when they are first opened. */
const workspacePages: RouteObject[] = [
  { index: true, element: <Navigate to="requests" replace /> },
  {
    path: "get-started",
    lazy: async () => {
      const { GetStartedPage } = await import("../features/get-started/get-started-page.tsx");
      return { Component: GetStartedPage };
    },
  },
  {
    path: "overview",
    lazy: async () => {
      const { OverviewPage } = await import("../features/overview/overview-page.tsx");
      return { Component: OverviewPage };
    },
  },
  {
    path: "requests",
    lazy: async () => {
      const { RequestsPage } = await import("../features/requests/requests-page.tsx");
      return { Component: RequestsPage };
    },
  },
  {
    path: "usage",
    lazy: async () => {
      const { UsagePage } = await import("../features/usage/usage-page.tsx");
      return { Component: UsagePage };
    },
  },
  {
    path: "providers",
    lazy: async () => {
      const { ProvidersPage } = await import("../features/providers/providers-page.tsx");
      return { Component: ProvidersPage };
    },
  },
  {
    path: "api-keys",
    lazy: async () => {
      const { ApiKeysPage } = await import("../features/api-keys/api-keys-page.tsx");
      return { Component: ApiKeysPage };
    },
  },
  {
    path: "budgets",
    lazy: async () => {
      const { BudgetsPage } = await import("../features/budgets/budgets-page.tsx");
      return { Component: BudgetsPage };
    },
  },
  {
    path: "team",
    lazy: async () => {
      const { TeamPage } = await import("../features/team/team-page.tsx");
      return { Component: TeamPage };
    },
  },
  {
    path: "audit",
    lazy: async () => {
      const { AuditPage } = await import("../features/audit/audit-page.tsx");
      return { Component: AuditPage };
    },
  },
  { path: "*", Component: NotFoundPage },
];

const publicPages: RouteObject[] = [
  {
    path: "login",
    lazy: async () => {
      const { LogInPage } = await import("../features/auth/log-in-page.tsx");
      return { Component: LogInPage };
    },
  },
  {
    path: "signup",
    lazy: async () => {
      const { SignUpPage } = await import("../features/auth/sign-up-page.tsx");
      return { Component: SignUpPage };
    },
  },
  {
    path: "forgot-password",
    lazy: async () => {
      const { ForgotPasswordPage } = await import("../features/auth/forgot-password-page.tsx");
      return { Component: ForgotPasswordPage };
    },
  },
  {
    path: "reset-password",
    lazy: async () => {
      const { ResetPasswordPage } = await import("../features/auth/reset-password-page.tsx");
      return { Component: ResetPasswordPage };
    },
  },
  {
    path: "invitation",
    lazy: async () => {
      const { AcceptInvitationPage } = await import("../features/auth/accept-invitation-page.tsx");
      return { Component: AcceptInvitationPage };
    },
  },
];

/** Stands for the moment in which the first page's code loads; the document is empty until then anyway. */
function NothingYet() {
  return null;
}

/** Client routes start with `/app`, because the REST API owns paths such as `/workspaces/…`. */
export function createRouter() {
  return createBrowserRouter([
    {
      Component: RootLayout,
      ErrorBoundary: CrashedPage,
      HydrateFallback: NothingYet,
      children: [
        {
          path: "/app",
          children: [
            ...publicPages,
            {
              Component: SessionGate,
              children: [
                { index: true, Component: WorkspaceIndex },
                {
                  path: ":workspaceId",
                  lazy: async () => {
                    const { AppShell } = await import("../components/layout/app-shell.tsx");
                    return { Component: AppShell };
                  },
                  children: workspacePages,
                },
              ],
            },
          ],
        },
        { path: "/", element: <Navigate to="/app" replace /> },
        { path: "*", Component: NotFoundPage },
      ],
    },
  ]);
}
