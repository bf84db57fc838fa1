import { readFile, unlink, writeFile } from "node:fs/promises";
import path from "node:path";

type Owner = { supervisor: number; child: number | null };

const waitMs = 10_000;
const pollMs = 50;

/**
 * Makes sure that one supervisor at a time flushes a spool. Whoever held it and died left its process ids behind; a
 * child that outlived its supervisor ends by itself, and is waited for.
 */
export class SpoolLock {
  private readonly file: string;

  constructor(directory: string) {
    this.file = path.join(directory, "owner.json");
  }

  /** Throws, with what to do, when another live proxy has the spool. */
  async acquire(): Promise<void> {
    const until = performance.now() + waitMs;
    for (;;) {
      const owner = await this.read();
      const alive = owner === null ? [] : [owner.supervisor, owner.child].filter((pid) => isAlive(pid));
      if (alive.length === 0) break;
      if (performance.now() > until) {
        throw new Error(
          `Another proxy (process ${alive.join(" and ")}) uses the spool of ${this.file}. Stop it, or set PERPETUO_DATA_DIR to another folder.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    await this.write({ supervisor: process.pid, child: null });
  }

  /** Notes the child, so that a next supervisor waits for its end as well. */
  noteChild(pid: number): Promise<void> {
    return this.write({ supervisor: process.pid, child: pid });
  }

  async release(): Promise<void> {
    await unlink(this.file);
  }

  private async read(): Promise<Owner | null> {
    try {
      return JSON.parse(await readFile(this.file, "utf8")) as Owner;
    } catch {
      // Absent, or torn by a crash: then nobody can be told from it.
      return null;
    }
  }

  private write(owner: Owner): Promise<void> {
    return writeFile(this.file, JSON.stringify(owner), { mode: 0o600 });
  }
}

function isAlive(pid: number | null): boolean {
  if (pid === null || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
