import type { RouterOutputs } from "@perpetuo/client/hooks";
import { createContext, useContext } from "react";
import { useParams } from "react-router";

/** Who is logged in, and the workspaces they belong to. */
export type Session = RouterOutputs["auth"]["me"];
export type Workspace = Session["workspaces"][number];

export const SessionContext = createContext<Session | null>(null);

/** The session of the pages behind the session gate. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("useSession needs the session gate above it");
  return session;
}

/** The workspace that the URL names; null when the reader is not a member of it. */
export function useWorkspaceOfUrl(): Workspace | null {
  const { workspaceId } = useParams();
  return useSession().workspaces.find((workspace) => workspace.id === workspaceId) ?? null;
}

/** The workspace of the pages inside the application shell, which shows none for an unknown workspace. */
export function useWorkspace(): Workspace {
  const workspace = useWorkspaceOfUrl();
  if (workspace === null) throw new Error("useWorkspace needs the application shell above it");
  return workspace;
}

/** Roles in order of their rights. The list in contracts would bring its whole schema library into the first load. */
const rank: Record<Workspace["role"], number> = { viewer: 0, member: 1, admin: 2, owner: 3 };

/** Whether the reader's role reaches a role. It only shapes the page: control decides. */
export function hasRole(workspace: Workspace, needed: Workspace["role"]): boolean {
  return rank[workspace.role] >= rank[needed];
}
