import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { BootstrapError, explainFailure } from "./failures.mjs";
import { stateDirectory } from "./paths.mjs";

const lockFile = path.join(stateDirectory, "bootstrap.lock");
const pollMilliseconds = 200;

/** Runs `work` while no other bootstrap of this checkout installs anything. */
export async function withLock(work) {
  createStateDirectory();
  for (let waits = 0; !tryLock(); waits++) {
    if (waits === 0) console.error("perpetuo: another command is setting up this checkout, waiting for it …");
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
  const release = () => fs.rmSync(lockFile, { force: true });
  const interrupted = () => {
    release();
    process.exit(130);
  };
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
  try {
    return await work();
  } finally {
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
    release();
  }
}

function createStateDirectory() {
  try {
    fs.mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
    fs.accessSync(stateDirectory, fs.constants.W_OK);
  } catch (error) {
    throw new BootstrapError(
      explainFailure("create .perpetuo", String(error), path.dirname(stateDirectory)),
      { cause: error },
    );
  }
}

/** The lock file appears with its owner's pid already in it, because a link is made atomically. */
function tryLock() {
  const mine = `${lockFile}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, lockFile);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    removeAbandonedLock();
    return false;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

/**
 * Takes away the lock of a process that no longer lives. The rename is atomic, so of several waiters one wins; a
 * winner that finds a living owner in what it took, because the lock changed hands in between, puts it back.
 */
function removeAbandonedLock() {
  if (ownerLives(lockFile)) return;
  const taken = `${lockFile}.abandoned.${process.pid}`;
  try {
    fs.renameSync(lockFile, taken);
  } catch {
    return;
  }
  if (ownerLives(taken)) fs.renameSync(taken, lockFile);
  else fs.rmSync(taken, { force: true });
}

function ownerLives(file) {
  try {
    process.kill(Number(fs.readFileSync(file, "utf8")), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
