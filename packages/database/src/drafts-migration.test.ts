import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "@perpetuo/contracts/canonical-json";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withDatabase } from "./connection.ts";
import { migrationsFolder } from "./migrations.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { createWorkspaceFixture } from "./test-fixtures.ts";

const options = { max: 1, applicationName: "test" };

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase[Symbol.asyncDispose]());

/** What 0008_drafts.sql does with the versions that it finds, statement by statement. */
function statementsOnVersions(): string[] {
  const text = readFileSync(join(migrationsFolder, "0008_drafts.sql"), "utf8");
  return text.slice(text.indexOf("alter table config_versions no force")).split("--> statement-breakpoint");
}

test("0008_drafts · versions of older databases get the checksum of their canonical text, and stay guarded", async () => {
  const { workspace_id } = await withDatabase(testDatabase.controlUrl, options, createWorkspaceFixture);
  await withDatabase(testDatabase.administratorUrl, options, async ({ sql }) => {
    await sql`insert into config_versions (workspace_id, version, snapshot, checksum)
      values (${workspace_id}, 2, '{"format": 1, "routes": []}', 'of another order')`;
    await withDatabase(testDatabase.ownerUrl, options, async (owner) => {
      for (const statement of statementsOnVersions()) await owner.sql.unsafe(statement);
    });
    const versions = await sql<{ snapshot: object; checksum: string }[]>`
      select snapshot, checksum from config_versions where workspace_id = ${workspace_id} order by version`;
    expect(versions.map(({ checksum }) => checksum)).toEqual(
      versions.map(({ snapshot }) => hash("sha256", canonicalJson(snapshot), "hex")),
    );
    expect(versions).toHaveLength(2);
    await expect(sql`update config_versions set note = 'changed'`).rejects.toThrow("append-only");
    const guards =
      await sql`select relforcerowsecurity from pg_class where oid = 'config_versions'::regclass`;
    expect(guards).toEqual([{ relforcerowsecurity: true }]);
  });
});
