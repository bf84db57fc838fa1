import { type Role, roles } from "@perpetuo/contracts/roles";

/**
 * The weakest role that holds each permission. `list` covers every reading procedure of a router and `change` every
 * writing one; a procedure with a rule of its own has a row of its own. What needs a session and no role
 * (`auth.*`, `workspaces.list`, `workspaces.create`, `members.acceptInvite`, `members.previewInvite`) has no row.
 */
export const permissions = {
  "workspaces.get": "viewer",
  "workspaces.change": "admin",
  "workspaces.delete": "owner",
  "members.list": "viewer",
  "members.listInvites": "admin",
  "members.change": "admin",
  "members.leave": "viewer",
  "providers.list": "viewer",
  "providers.change": "admin",
  "apiKeys.list": "member",
  "apiKeys.change": "admin",
  "routes.list": "admin",
  "routes.change": "admin",
  "policies.list": "admin",
  "policies.change": "admin",
  "config.list": "admin",
  "config.change": "admin",
  "logs.list": "viewer",
  "usage.list": "viewer",
  "budgets.list": "admin",
  "budgets.change": "admin",
  "quotas.list": "admin",
  "quotas.change": "admin",
  "audit.list": "admin",
  "models.list": "viewer",
  "models.change": "admin",
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof permissions;

/** Whether a member with this role holds the permission; a role holds every right of the weaker ones. */
export function roleAllows(role: Role, permission: Permission): boolean {
  return roles.indexOf(role) >= roles.indexOf(permissions[permission]);
}
