import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SpoolLock } from "./spool-lock.ts";

let directory = "";
const children: ChildProcess[] = [];
const file = () => path.join(directory, "owner.json");
type Holder = { pid: number; started: string | null };
const owner = () => JSON.parse(readFileSync(file(), "utf8")) as { supervisor: Holder; children: Holder[] };

/** A process that lives until it is ended. */
function living(): ChildProcess & { pid: number } {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  children.push(child);
  if (child.pid === undefined) throw new Error("the process did not start");
  return child as ChildProcess & { pid: number };
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "perpetuo-lock-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

describe("acquire", () => {
  test("nobody has it · it names this process; release · leaves nothing", async () => {
    const lock = new SpoolLock(directory);
    await lock.acquire();
    expect(owner()).toMatchObject({ supervisor: { pid: process.pid }, children: [] });
    await Promise.all([lock.noteChildren([4_242_424]), lock.noteChildren([4_242_424, 4_242_425])]);
    expect(owner().children.map(({ pid }) => pid)).toEqual([4_242_424, 4_242_425]);
    await lock.release();
    expect(existsSync(file())).toBe(false);
  });

  test.each(["", "{", "null", "[]", "{}"])("a note of %j · tells of nobody", async (text) => {
    writeFileSync(file(), text);
    await new SpoolLock(directory).acquire();
    expect(owner().supervisor.pid).toBe(process.pid);
  });

  test("a holder that died · is succeeded", async () => {
    const child = living();
    await end(child);
    const dead = { pid: child.pid, started: null };
    writeFileSync(file(), JSON.stringify({ supervisor: dead, children: [dead] }));
    await new SpoolLock(directory).acquire();
    expect(owner().supervisor.pid).toBe(process.pid);
  });

  test("a child that outlives its supervisor · is waited for", async () => {
    const child = living();
    const gone = { pid: process.pid, started: null };
    writeFileSync(
      file(),
      JSON.stringify({ supervisor: gone, children: [{ pid: child.pid, started: null }] }),
    );
    let acquired = false;
    const acquiring = new SpoolLock(directory).acquire().then(() => {
      acquired = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(acquired).toBe(false);
    await end(child);
    await acquiring;
    expect(owner().supervisor.pid).toBe(process.pid);
  });

  // Only where the kernel tells when a process began, and what became of it.
  if (existsSync("/proc/self/stat")) {
    test("a holder that has ended and that nobody has reaped · is succeeded at once", async () => {
      // `sleep` inherits a child from the shell that it replaces, and never asks after it. The child outlives that moment,
      // because a shell reaps what has ended.
      const parent = spawn("sh", ["-c", "sleep 1 & echo $!; exec sleep 60"], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      children.push(parent);
      const [line] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(line.toString());
      const ended = () => expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(") Z ");
      await vi.waitFor(ended, { timeout: 10_000 });
      writeFileSync(file(), JSON.stringify({ supervisor: { pid, started: null }, children: [] }));
      await new SpoolLock(directory).acquire();
      expect(owner().supervisor.pid).toBe(process.pid);
    }, 20_000);

    test("another process with a dead holder's id · is no holder", async () => {
      const { pid } = living();
      writeFileSync(file(), JSON.stringify({ supervisor: { pid, started: "1" }, children: [] }));
      await new SpoolLock(directory).acquire();
      expect(owner().supervisor.pid).toBe(process.pid);
    });
  }
});
