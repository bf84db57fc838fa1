import { appendFile, mkdir, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { openSuffix, sealedSuffix } from "./spool.ts";

export type SealedSegment = { batchId: string; file: string; bytes: number };

/** The supervisor's view of the spool: which batches wait, how much they weigh, and whose segments are orphaned. */
export class SpoolDirectory {
  readonly directory: string;
  /** Batches that are on the disk already. */
  private synced: ReadonlySet<string> = new Set();

  constructor(directory: string) {
    this.directory = directory;
  }

  async prepare(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
  }

  /** Sealed segments, oldest first: batch ids are UUIDv7, so their names sort by time. */
  async sealed(): Promise<SealedSegment[]> {
    const names = (await readdir(this.directory)).filter((name) => name.endsWith(sealedSuffix)).sort();
    const segments = await Promise.all(names.map((name) => this.describe(name)));
    return segments.filter((segment) => segment !== null);
  }

  /** Seals the open segments of owners for which `isOrphan` holds: their threads are dead and append no more. */
  async adopt(isOrphan: (owner: string) => boolean): Promise<number> {
    let adopted = 0;
    for (const name of await readdir(this.directory)) {
      if (!name.endsWith(openSuffix)) continue;
      const [owner, rest] = name.split("~");
      if (owner === undefined || rest === undefined || !isOrphan(owner)) continue;
      const sealedName = rest.slice(0, -openSuffix.length) + sealedSuffix;
      await rename(path.join(this.directory, name), path.join(this.directory, sealedName));
      adopted++;
    }
    return adopted;
  }

  read(segment: SealedSegment): Promise<Buffer> {
    return readFile(segment.file);
  }

  remove(segment: SealedSegment): Promise<void> {
    return unlink(segment.file);
  }

  /** Writes what waits through to the disk, names included, so that it outlives a loss of power. */
  async sync(): Promise<void> {
    const segments = await this.sealed();
    const fresh = segments.filter(({ batchId }) => !this.synced.has(batchId));
    for (const { file } of fresh) await syncFile(file);
    if (fresh.length > 0) await syncFile(this.directory);
    this.synced = new Set(segments.map(({ batchId }) => batchId));
  }

  /** Keeps what the database will never take, for a person to look at. */
  async quarantine(lines: string[]): Promise<void> {
    const file = path.join(this.directory, "quarantine.jsonl");
    await appendFile(file, lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
  }

  private async describe(name: string): Promise<SealedSegment | null> {
    const file = path.join(this.directory, name);
    try {
      return { batchId: name.slice(0, -sealedSuffix.length), file, bytes: (await stat(file)).size };
    } catch (error) {
      // Removed between the listing and the look.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
