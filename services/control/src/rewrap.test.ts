import { type Database, openDatabase } from "@perpetuo/database/connection";
import { createTestDatabase, type TestDatabase } from "@perpetuo/database/test-database";
import { generateMasterKeyText, type MasterKeyring, parseMasterKey } from "@perpetuo/security/master-key";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rewrapDataKeys } from "./rewrap.ts";
import { startTestControl, type TestControl } from "./test-control.ts";

let control: TestControl;
let owner: Database;
let unrelated: TestDatabase;

const [firstText, secondText] = [generateMasterKeyText(), generateMasterKeyText()];
const first = parseMasterKey(firstText);
const second = parseMasterKey(secondText);
const keyring: MasterKeyring = { current: second, previous: [first] };
const silent = () => undefined;

beforeAll(async () => {
  control = await startTestControl({ environment: { PERPETUO_MASTER_KEY: firstText } });
  owner = openDatabase(control.database.ownerUrl, { max: 1, applicationName: "test" });
  unrelated = await createTestDatabase();
});
afterAll(async () => {
  await owner[Symbol.asyncDispose]();
  await control[Symbol.asyncDispose]();
  await unrelated[Symbol.asyncDispose]();
});

test("rewrapDataKeys · every workspace's key, once, and the secrets still open under the new key alone", async () => {
  const person = await control.signUp();
  await control.signUp();
  const path = `/workspaces/${person.workspace_id}/providers`;
  const body = { provider: "openai", api_key: "sk-proj-0123456789abcdef" };
  const { data } = await control.call<{ id: string }>({ method: "POST", path, body, token: person.token });

  const progress: number[] = [];
  const report = await rewrapDataKeys(owner, keyring, ({ done }) => progress.push(done));
  expect(report).toEqual({ workspaces: 2, rewrapped: 2, failures: [] });
  expect(progress).toEqual([1, 2]);
  expect(await rewrapDataKeys(owner, keyring, silent)).toEqual({ workspaces: 2, rewrapped: 0, failures: [] });

  // The control plane that still has the first key alone can no longer open it; its answer tells nothing.
  const refused = await control.call({
    method: "POST",
    path: `${path}/${data.id}/test`,
    token: person.token,
  });
  expect([refused.status, refused.error.code]).toEqual([500, "internal_error"]);
  const again = await rewrapDataKeys(owner, { current: first, previous: [second] }, silent);
  expect(again.rewrapped).toBe(2);
});

test("rewrapDataKeys · a key under an unknown master key is reported and the others are done", async () => {
  const stranger = await control.signUp();
  await rewrapDataKeys(owner, { current: first, previous: [second] }, silent);
  const administrator = openDatabase(control.database.administratorUrl, { max: 1, applicationName: "test" });
  await administrator.sql`
    update data_keys set master_key_id = '0000000000000000' where workspace_id = ${stranger.workspace_id}`;
  await administrator[Symbol.asyncDispose]();
  const report = await rewrapDataKeys(owner, keyring, silent);
  expect(report.failures.map(({ workspace_id }) => workspace_id)).toEqual([stranger.workspace_id]);
  expect(report.rewrapped).toBe(report.workspaces - 1);
});

test("rewrapDataKeys · nothing to do in an empty database", async () => {
  const empty = openDatabase(unrelated.ownerUrl, { max: 1, applicationName: "test" });
  expect(await rewrapDataKeys(empty, keyring, silent)).toEqual({ workspaces: 0, rewrapped: 0, failures: [] });
  await empty[Symbol.asyncDispose]();
});
