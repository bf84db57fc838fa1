import { openDatabase } from "@perpetuo/database/connection";
import { inWorkspace } from "@perpetuo/database/workspace-transaction";
import { generateMasterKeyText } from "@perpetuo/security/master-key";
import { expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import { openSharedPostgres } from "../harness/test-postgres.ts";
import { createWorkspace } from "../harness/workspace.ts";

const rounds = 10_000;
const tables = [
  "provider_keys",
  "api_keys",
  "data_keys",
  "request_logs",
  "config_versions",
  "usage_counters",
];

/** What goes wrong in the middle of a transaction, by turns. */
const mishaps = [null, "select 1 / 0", "throw", "select * from no_such_table", null];

it(`T2, T3 · ${rounds} transactions of two workspaces by turns on one connection, many of them failing · no foreign row`, async () => {
  await using postgres = await openSharedPostgres();
  const home = { administratorUrl: postgres.administratorUrl, masterKey: generateMasterKeyText() };
  const workspaces = [await createWorkspace(home), await createWorkspace(home)];
  const control = openDatabase(postgres.controlUrl, { max: 1, applicationName: "test" });
  const proxy = openDatabase(postgres.proxyUrl, { max: 1, applicationName: "test" });
  let own = 0;
  let failed = 0;
  for (let round = 0; round < rounds; round++) {
    const workspace_id = workspaces[round % 2]?.id ?? "";
    const table = tables[round % tables.length] ?? "";
    const mishap = mishaps[round % mishaps.length];
    const work = inWorkspace(control, { workspace_id }, async (transaction) => {
      const rows = await transaction.execute<{ workspace_id: string }>(`select workspace_id from ${table}`);
      for (const row of rows) expect(row.workspace_id).toBe(workspace_id);
      own += rows.length;
      if (mishap === "throw") throw new Error("in the middle");
      if (typeof mishap === "string") await transaction.execute(mishap);
    });
    await work.catch(() => {
      failed++;
    });
    expect(await control.sql.unsafe(`select workspace_id from ${table}`)).toEqual([]);
    if (round % 10 === 0) {
      // The proxy's role may read no log and no row of a workspace but through its two functions.
      await expect(proxy.sql.unsafe(`delete from ${table}`)).rejects.toMatchObject({ code: "42501" });
    }
  }
  expect(own).toBeGreaterThan(rounds / 4);
  expect(failed).toBeGreaterThan(rounds / 4);
  report(`tenants: ${rounds} transactions, ${failed} of them failed, ${own} own rows, 0 foreign ones`);
  await control[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});
