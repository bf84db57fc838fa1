import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";

/** Bytes waiting for a reader that does not read; lines beyond this are dropped, never the requests. */
const longestBacklogBytes = 16 * 1024 * 1024;
const retryMilliseconds = 20;
/** How long the last lines wait at exit for a reader that takes nothing. */
const longestLastWaitMilliseconds = 1_000;
const tryAgain = new Set(["EAGAIN", "EBUSY", "EINTR"]);

type Written = { kind: "all" } | { kind: "some"; bytes: number } | { kind: "closed" };

/**
 * Writes lines to a descriptor, in order, each by a system call of its own that returns at once. A pipe takes a line of up to
 * 4 KiB (PIPE_BUF of Linux) whole, so that those of several threads and processes do not mix. Nothing is under way
 * when `write` returns: a process may exit right behind it. What a full pipe refuses waits here and goes first.
 */
export class LineWriter {
  readonly #descriptor: number;
  readonly #ownsDescriptor: boolean;
  #backlog: Buffer[] = [];
  #backlogBytes = 0;
  #retry: NodeJS.Timeout | null = null;

  /** `descriptor` stays open and unchanged; a pipe or terminal is opened anew, so that only this writer's calls return at once. */
  constructor(descriptor: number) {
    const own = reopenNonBlocking(descriptor);
    this.#descriptor = own ?? descriptor;
    this.#ownsDescriptor = own !== null;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#backlog.length > 0) {
      this.#keep(bytes);
      return;
    }
    const written = this.#try(bytes);
    if (written.kind === "some") this.#keep(bytes.subarray(written.bytes));
  }

  /** What the reader has not taken yet; at most 16 MiB and one line. */
  get waitingBytes(): number {
    return this.#backlogBytes;
  }

  /** Writes what waits, blocking the thread while the reader makes room, at most a second without any progress. For the exit. */
  flushSync(): void {
    const clock = new Int32Array(new SharedArrayBuffer(4));
    let waited = 0;
    while (this.#backlog.length > 0 && waited < longestLastWaitMilliseconds) {
      if (this.#writeBacklog() > 0) waited = 0;
      else {
        Atomics.wait(clock, 0, 0, retryMilliseconds);
        waited += retryMilliseconds;
      }
    }
  }

  /** Writes what waits and gives the descriptor back. */
  close(): void {
    this.flushSync();
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#ownsDescriptor) closeSync(this.#descriptor);
  }

  #keep(bytes: Buffer): void {
    // The rest of a line that was begun always stays, so that no line runs into the next.
    if (this.#backlog.length > 0 && this.#backlogBytes + bytes.length > longestBacklogBytes) return;
    this.#backlog.push(bytes);
    this.#backlogBytes += bytes.length;
    this.#retryLater();
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      this.#writeBacklog();
      if (this.#backlog.length > 0) this.#retryLater();
    }, retryMilliseconds).unref();
  }

  /** Returns the bytes that left. */
  #writeBacklog(): number {
    let total = 0;
    let first = this.#backlog[0];
    while (first !== undefined) {
      const written = this.#try(first);
      const bytes = written.kind === "some" ? written.bytes : first.length;
      total += bytes;
      this.#backlogBytes -= bytes;
      if (written.kind === "some") {
        this.#backlog[0] = first.subarray(bytes);
        break;
      }
      this.#backlog.shift();
      first = this.#backlog[0];
    }
    return total;
  }

  /** A reader that is gone for good takes every line: there is nobody left to tell. */
  #try(bytes: Buffer): Written {
    try {
      const count = writeSync(this.#descriptor, bytes);
      return count === bytes.length ? { kind: "all" } : { kind: "some", bytes: count };
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      return tryAgain.has(code) ? { kind: "some", bytes: 0 } : { kind: "closed" };
    }
  }
}

/**
 * O_NONBLOCK belongs to the open file, which other processes share; a new opening of the same pipe or terminal is this process's
 * alone. Null for files, sockets, and where /proc is missing or refuses.
 */
function reopenNonBlocking(descriptor: number): number | null {
  try {
    const kind = fstatSync(descriptor);
    if (!kind.isFIFO() && !kind.isCharacterDevice()) return null;
    return openSync(
      `/proc/self/fd/${descriptor}`,
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch {
    return null;
  }
}
