import { Navigate } from "react-router";
import { NotFoundPage } from "../../app/not-found-page.tsx";
import { readLastWorkspace } from "./last-workspace.ts";
import { useSession } from "./session.ts";

/** Opens the workspace that was open last, or else the first. */
export function WorkspaceIndex() {
  const { workspaces } = useSession();
  const last = readLastWorkspace();
  const workspace = workspaces.find((candidate) => candidate.id === last) ?? workspaces[0];
  if (workspace === undefined) return <NotFoundPage />;
  return <Navigate to={`/app/${workspace.id}`} replace />;
}
