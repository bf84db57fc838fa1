/**
 * Gives a bare checkout the pinned Node and the packages, then runs a TypeScript entry with them:
 *
 *     node scripts/bootstrap.mjs <entry.ts> [arguments…]
 *
 * It needs nothing but Node 18 and npm, so it is plain JavaScript without dependencies. When everything is in place
 * it only compares one hash and starts the entry.
 */
import process from "node:process";
import { BootstrapError } from "./bootstrap/failures.mjs";
import { withLock } from "./bootstrap/lock.mjs";
import { installPackages, packagesAreCurrent } from "./bootstrap/packages.mjs";
import { runEntry } from "./bootstrap/run-entry.mjs";
import { findRuntime, installRuntime } from "./bootstrap/runtime.mjs";

/** Prepares what is missing, under a lock, and returns the path of the Node to run with. */
async function prepare() {
  const runtime = findRuntime();
  if (runtime !== null && packagesAreCurrent()) return runtime;
  return await withLock(async () => {
    const node = findRuntime() ?? (await installRuntime());
    if (!packagesAreCurrent()) await installPackages(node);
    return node;
  });
}

async function main() {
  const [entry, ...entryArguments] = process.argv.slice(2);
  if (entry === undefined)
    throw new BootstrapError("Usage: node scripts/bootstrap.mjs <entry.ts> [arguments…]");
  if (Number.parseInt(process.versions.node, 10) < 18) {
    throw new BootstrapError(`Perpetuo needs Node 18 or newer to set itself up; this is ${process.version}.`);
  }
  if (process.platform === "win32") {
    throw new BootstrapError("Perpetuo runs on Windows inside WSL 2; start it from a WSL shell.");
  }
  process.exitCode = await runEntry(await prepare(), entry, entryArguments);
}

main().catch((error) => {
  console.error(error instanceof BootstrapError ? `\nperpetuo: ${error.message}` : error);
  process.exitCode = 1;
});
