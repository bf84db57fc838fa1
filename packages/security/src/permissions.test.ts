import { type Role, roles } from "@perpetuo/contracts/roles";
import { describe, expect, it } from "vitest";
import { type Permission, permissions, roleAllows } from "./permissions.ts";

/** The table of the specification, once more and by role: what each role holds beyond the one before it. */
const gained: Record<Role, Permission[]> = {
  viewer: [
    "workspaces.get",
    "members.list",
    "members.leave",
    "providers.list",
    "logs.list",
    "usage.list",
    "models.list",
  ],
  member: ["apiKeys.list"],
  admin: [
    "workspaces.change",
    "members.listInvites",
    "members.change",
    "providers.change",
    "apiKeys.change",
    "routes.list",
    "routes.change",
    "policies.list",
    "policies.change",
    "config.list",
    "config.change",
    "budgets.list",
    "budgets.change",
    "quotas.list",
    "quotas.change",
    "audit.list",
    "models.change",
  ],
  owner: ["workspaces.delete"],
};

describe("roleAllows", () => {
  it.each(roles)("%s · holds exactly its own and the weaker roles' permissions", (role) => {
    const held = roles.slice(0, roles.indexOf(role) + 1).flatMap((weaker) => gained[weaker]);
    const all = Object.keys(permissions) as Permission[];
    expect(all.filter((permission) => roleAllows(role, permission)).toSorted()).toEqual(held.toSorted());
  });
});
