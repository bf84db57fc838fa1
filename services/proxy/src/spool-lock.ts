import { readFile, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { isRunning, processStart } from "@perpetuo/database/embedded/processes";

/** `started` tells a process from a later one that got the same id, as ids in a container do; null: not known here. */
type Holder = { pid: number; started: string | null };
type Owner = { supervisor: Holder; children: Holder[] };

const waitMs = 10_000;
const pollMs = 50;

/**
 * Makes sure that one supervisor at a time flushes a spool. Whoever held it and died left its process ids behind; a
 * child that outlived its supervisor ends by itself, and is waited for.
 */
export class SpoolLock {
  private readonly file: string;
  /** Notes are written one after the other, so that the file has the last one. */
  private written: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.file = path.join(directory, "owner.json");
  }

  /** Throws, with what to do, when another live proxy has the spool. */
  async acquire(): Promise<void> {
    const until = performance.now() + waitMs;
    for (;;) {
      const owner = await this.read();
      const alive: number[] = [];
      for (const holder of [owner?.supervisor, ...(owner?.children ?? [])]) {
        if (holder && (await isAlive(holder))) alive.push(holder.pid);
      }
      if (alive.length === 0) break;
      if (performance.now() > until) {
        throw new Error(
          `Another proxy (process ${alive.join(" and ")}) uses the spool of ${this.file}. Stop it, or set PERPETUO_DATA_DIR to another folder.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    await this.write([]);
  }

  /** Notes the children, so that a next supervisor waits for their end as well. */
  noteChildren(pids: readonly number[]): Promise<void> {
    this.written = this.written.then(() => this.write(pids));
    return this.written;
  }

  async release(): Promise<void> {
    await this.written;
    await unlink(this.file);
  }

  private async read(): Promise<Partial<Owner> | null> {
    try {
      return JSON.parse(await readFile(this.file, "utf8")) as Partial<Owner> | null;
    } catch {
      // Absent, or torn by a crash: then nobody can be told from it.
      return null;
    }
  }

  private async write(children: readonly number[]): Promise<void> {
    const owner: Owner = {
      supervisor: await holderOf(process.pid),
      children: await Promise.all(children.map(holderOf)),
    };
    await writeFile(this.file, JSON.stringify(owner), { mode: 0o600 });
  }
}

async function holderOf(pid: number): Promise<Holder> {
  return { pid, started: await processStart(pid) };
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  if (pid === process.pid || !isRunning(pid)) return false;
  const now = await processStart(pid);
  return started === null || now === null || started === now;
}
