import { execFile } from "node:child_process";
import { hash, randomBytes } from "node:crypto";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { BenchError } from "../bench-error.ts";
import { parseObject, textField } from "../json-fields.ts";
import type { System } from "./system.ts";

const seedProgram = path.resolve(import.meta.dirname, "../../../packages/database/src/seed/add-api-keys.ts");
const seedTimeoutMs = 60_000;
const randomLength = 20;
const checksumLength = 8;
const prefixLength = 11;
/** The line of `postmaster.pid` that holds the port. */
const portLine = 3;

/** Makes API keys of the demo workspace and writes their texts to a file, one a line. */
export async function addApiKeys(
  { dataDir, demo }: System,
  { count, file }: { count: number; file: string },
): Promise<void> {
  const keys = Array.from({ length: count }, newKey);
  const order = {
    administrator_url: databaseUrl(dataDir),
    workspace_id: demo.workspaceId,
    keys: keys.map(({ prefix, key_hash }) => ({ prefix, key_hash })),
  };
  const running = promisify(execFile)(process.execPath, [seedProgram], { timeout: seedTimeoutMs });
  running.child.stdin?.end(JSON.stringify(order));
  await running;
  writeFileSync(file, `${keys.map(({ text }) => text).join("\n")}\n`, { mode: 0o600 });
}

/** `pk_`, 20 random bytes in hex and the start of their SHA-256, as control makes them. */
function newKey(): { text: string; prefix: string; key_hash: string } {
  const random = randomBytes(randomLength);
  const text = `pk_${random.toString("hex")}${hash("sha256", random).slice(0, checksumLength)}`;
  return { text, prefix: text.slice(0, prefixLength), key_hash: hash("sha256", text) };
}

/** As root the embedded cluster lives outside the data folder, in a folder whose name ends in the cluster's id. */
function databaseUrl(dataDir: string): string {
  const state = parseObject(readFileSync(path.join(dataDir, "postgres.json"), "utf8"), "postgres.json");
  const password = textField(state, "superuser_password");
  const outside = `/var/lib/perpetuo/*-${textField(state, "cluster_id")}`;
  const [file] = [dataDir, outside].flatMap((place) => globSync(`${place}/**/postmaster.pid`));
  if (file === undefined) throw new BenchError("The embedded database has no postmaster.pid.");
  const port = readFileSync(file, "utf8").split("\n")[portLine];
  return `postgres://postgres:${password}@127.0.0.1:${port}/perpetuo`;
}
