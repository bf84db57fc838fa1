import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureTcpMigration } from "./tcp-migration.ts";

let directory = "";
const file = () => path.join(directory, "tcp_migrate_req");

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "perpetuo-sysctl-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("the setting is on · is left alone", async () => {
  writeFileSync(file(), "1\n");
  expect(await ensureTcpMigration(true, file())).toEqual({ kind: "on" });
});

test("the setting is off · is switched on", async () => {
  writeFileSync(file(), "0\n");
  expect(await ensureTcpMigration(true, file())).toEqual({ kind: "switched-on" });
  expect(readFileSync(file(), "utf8")).toBe("1");
});

test("the operator does not want it · is left alone", async () => {
  writeFileSync(file(), "0\n");
  expect(await ensureTcpMigration(false, file())).toMatchObject({ kind: "off" });
  expect(readFileSync(file(), "utf8")).toBe("0\n");
});

test("a kernel without the setting · says so", async () => {
  expect(await ensureTcpMigration(true, file())).toMatchObject({
    kind: "off",
    reason: expect.stringContaining("ENOENT"),
  });
});
