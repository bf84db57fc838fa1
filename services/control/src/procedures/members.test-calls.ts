import type { Invite, InviteDelivery, Member } from "@perpetuo/contracts/api/members";
import type { Workspace } from "@perpetuo/contracts/api/workspaces";
import type { Role } from "@perpetuo/contracts/roles";
import type { Person, TestControl } from "../test-control.ts";

export type Sent = { invite: Invite; delivery: InviteDelivery };

/** The calls about members and invitations, as short as a test wants them. */
export function membersCalls(control: TestControl, workspaceId: () => string) {
  const base = () => `/workspaces/${workspaceId()}`;
  const members = async (person: Person) =>
    (await control.call<{ items: Member[] }>({ path: `${base()}/members`, token: person.token })).data.items;
  return {
    members,
    roles: async (person: Person) =>
      Object.fromEntries((await members(person)).map(({ user_id, role }) => [user_id, role])),
    changeRole: (actor: Person, target: Person, role: Role) =>
      control.call<Member>({
        method: "PUT",
        path: `${base()}/members/${target.user_id}`,
        body: { role },
        token: actor.token,
      }),
    remove: (actor: Person, target: Person) =>
      control.call({ method: "DELETE", path: `${base()}/members/${target.user_id}`, token: actor.token }),
    leave: (person: Person) => control.call({ method: "POST", path: `${base()}/leave`, token: person.token }),
    invite: (actor: Person, email: string, role: Role = "member") =>
      control.call<Sent>({
        method: "POST",
        path: `${base()}/invites`,
        body: { email, role },
        token: actor.token,
      }),
    revoke: (actor: Person, { invite }: Sent) =>
      control.call({ method: "DELETE", path: `${base()}/invites/${invite.id}`, token: actor.token }),
    pending: async (person: Person) =>
      (await control.call<{ items: Invite[] }>({ path: `${base()}/invites`, token: person.token })).data
        .items,
    accept: (person: Person, token: string, extra = {}) =>
      control.call<Workspace>({
        method: "POST",
        path: "/invites/accept",
        body: { token, ...extra },
        token: person.token,
      }),
    preview: (token: string) => control.call({ method: "POST", path: "/invites/preview", body: { token } }),
  };
}

/** Status and error code of an answer. */
export function outcomeOf({ status, error }: { status: number; error: { code: string } | null }) {
  return [status, error?.code ?? null];
}

/** The token in the link that an inviter gets while no mail is configured. */
export function tokenOf({ delivery }: Sent): string {
  if (delivery.kind !== "link") throw new Error("The invitation went by mail.");
  return delivery.link.split("#token=")[1] ?? "";
}
