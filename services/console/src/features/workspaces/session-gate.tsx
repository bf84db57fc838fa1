import { readClientError } from "@perpetuo/client/errors";
import { api } from "@perpetuo/client/hooks";
import { Navigate, Outlet, useLocation } from "react-router";
import { BrandMark } from "../../components/layout/brand.tsx";
import { FailureState } from "../../components/ui/failure.tsx";
import { messages } from "../../messages/messages.ts";
import { logInPath } from "../auth/return-path.ts";
import { SessionContext } from "./session.ts";

/** Lets only a logged-in reader through; others go to the log-in and come back afterwards. */
export function SessionGate() {
  const location = useLocation();
  const session = api.auth.me.useQuery(undefined, { staleTime: 60_000 });

  if (session.error !== null) {
    const failure = readClientError(session.error);
    if (failure.kind === "answered" && failure.status === 401) {
      return <Navigate to={logInPath(location)} replace />;
    }
    if (session.data === undefined) {
      return (
        <main className="grid min-h-dvh place-items-center">
          <FailureState error={session.error} onRetry={() => void session.refetch()} />
        </main>
      );
    }
  }
  if (session.data === undefined) return <Splash />;
  return (
    <SessionContext value={session.data}>
      <Outlet />
    </SessionContext>
  );
}

function Splash() {
  return (
    <main className="grid min-h-dvh place-items-center" aria-busy="true">
      <BrandMark className="size-8 animate-pulse-soft text-faint" />
      <span className="sr-only">{messages.common.loading}</span>
    </main>
  );
}
