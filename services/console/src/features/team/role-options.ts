import { messages } from "../../messages/messages.ts";
import { hasRole, type Workspace } from "../workspaces/session.ts";

type Role = Workspace["role"];

const allRoles: readonly Role[] = ["viewer", "member", "admin", "owner"];

/** The roles that the reader may give: their own and those below. */
export function roleOptions(workspace: Workspace): { value: Role; label: string }[] {
  return allRoles
    .filter((role) => hasRole(workspace, role))
    .map((value) => ({ value, label: messages.shell.roles[value] }));
}
