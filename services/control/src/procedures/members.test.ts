import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl, withDatabase } from "../test-control.ts";
import { membersCalls, outcomeOf } from "./members.test-calls.ts";

let control: TestControl;
let owner: Person;
let admin: Person;
let calls: ReturnType<typeof membersCalls>;

beforeAll(async () => {
  control = await startTestControl();
  calls = membersCalls(control, () => owner.workspace_id);
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  owner = await control.signUp();
  admin = await control.addMember(owner.workspace_id, "admin");
});

describe("members.list", () => {
  test("members.list · everybody, in the order in which they joined", async () => {
    const members = await calls.members(admin);
    expect(members.map(({ user_id, role }) => [user_id, role])).toEqual([
      [owner.user_id, "owner"],
      [admin.user_id, "admin"],
    ]);
    expect(members[0]).toMatchObject({ email: owner.email, name: "Test User" });
  });
});

describe("members.changeRole", () => {
  test("members.changeRole · holds at the next call, also for sessions that are open", async () => {
    const list = () =>
      control.call({ path: `/workspaces/${owner.workspace_id}/invites`, token: admin.token });
    expect((await list()).status).toBe(200);
    expect((await calls.changeRole(owner, admin, "viewer")).data).toMatchObject({ role: "viewer" });
    expect(outcomeOf(await list())).toEqual([403, "forbidden"]);
  });

  test("members.changeRole · 403 for a role above the caller's own, and for a member above it", async () => {
    const viewer = await control.addMember(owner.workspace_id, "viewer");
    expect(outcomeOf(await calls.changeRole(admin, viewer, "owner"))).toEqual([403, "forbidden"]);
    expect(outcomeOf(await calls.changeRole(admin, admin, "owner"))).toEqual([403, "forbidden"]);
    expect(outcomeOf(await calls.changeRole(admin, owner, "viewer"))).toEqual([403, "forbidden"]);
    expect((await calls.changeRole(admin, viewer, "admin")).status).toBe(200);
    expect(await calls.roles(owner)).toEqual({
      [owner.user_id]: "owner",
      [admin.user_id]: "admin",
      [viewer.user_id]: "admin",
    });
  });

  test("members.changeRole · 409 last_owner when no owner would remain", async () => {
    expect(outcomeOf(await calls.changeRole(owner, owner, "admin"))).toEqual([409, "last_owner"]);
    expect((await calls.changeRole(owner, admin, "owner")).status).toBe(200);
    expect((await calls.changeRole(owner, owner, "viewer")).status).toBe(200);
    expect(await calls.roles(admin)).toEqual({ [owner.user_id]: "viewer", [admin.user_id]: "owner" });
  });

  test("members.changeRole · the trail has who did it, before and after", async () => {
    await calls.changeRole(owner, admin, "member");
    await withDatabase(control.database.administratorUrl, async ({ sql }) => {
      const [entry] = await sql`
        select actor, before, after from audit_logs
        where table_name = 'memberships' and action = 'update' and record_id = ${admin.user_id}`;
      expect(entry).toMatchObject({
        actor: owner.user_id,
        before: { role: "admin" },
        after: { role: "member" },
      });
    });
  });
});

describe("members.remove", () => {
  test("members.remove · the workspace is not found from the next call on", async () => {
    expect((await calls.remove(owner, admin)).status).toBe(200);
    expect(
      outcomeOf(await control.call({ path: `/workspaces/${owner.workspace_id}`, token: admin.token })),
    ).toEqual([404, "not_found"]);
    expect(outcomeOf(await calls.remove(owner, admin))).toEqual([404, "not_found"]);
  });

  test("members.remove · 403 for an owner when the caller is an admin, 409 for the last owner", async () => {
    expect(outcomeOf(await calls.remove(admin, owner))).toEqual([403, "forbidden"]);
    expect(outcomeOf(await calls.remove(owner, owner))).toEqual([409, "last_owner"]);
  });

  test.each([1, 2, 3])(
    "members.remove · one owner remains when two remove each other at once (round %i)",
    async () => {
      const second = await control.addMember(owner.workspace_id, "owner");
      const answers = await Promise.all([calls.remove(owner, second), calls.remove(second, owner)]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const left = answers[0]?.status === 200 ? owner : second;
      expect(Object.values(await calls.roles(left)).filter((role) => role === "owner")).toHaveLength(1);
    },
  );

  test("members.changeRole · one owner remains when two demote each other at once", async () => {
    const second = await control.addMember(owner.workspace_id, "owner");
    const answers = await Promise.all([
      calls.changeRole(owner, second, "viewer"),
      calls.changeRole(second, owner, "viewer"),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(Object.values(await calls.roles(admin)).filter((role) => role === "owner")).toHaveLength(1);
  });
});

describe("members.leave", () => {
  test("members.leave · ends the own membership, whatever the role, but not the last owner's", async () => {
    const viewer = await control.addMember(owner.workspace_id, "viewer");
    expect((await calls.leave(viewer)).status).toBe(200);
    expect(
      outcomeOf(await control.call({ path: `/workspaces/${owner.workspace_id}`, token: viewer.token })),
    ).toEqual([404, "not_found"]);
    expect(outcomeOf(await calls.leave(owner))).toEqual([409, "last_owner"]);
  });

  test("members.leave · one owner remains when two leave at once", async () => {
    const second = await control.addMember(owner.workspace_id, "owner");
    const answers = await Promise.all([calls.leave(owner), calls.leave(second)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});
