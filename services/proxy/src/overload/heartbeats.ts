import { type ThreadState, threadObstacle } from "../readiness.ts";

/** Milliseconds between two beats of a thread, and between two looks at them. */
export const beatMs = 10;

/** Cells of a thread: how often it has beaten, and whether it was ready then. */
const cellsEach = 2;

export function createHeartbeatBuffer(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * cellsEach * Int32Array.BYTES_PER_ELEMENT);
}

/**
 * How often each thread has come round to its event loop. Beats are counted, not timed, so that the observer needs no
 * clock in common with the thread, and a process that was halted as a whole has not missed any.
 */
export class Heartbeats {
  private readonly cells: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.cells = new Int32Array(buffer);
  }

  count(thread: number): number {
    return Atomics.load(this.cells, thread * cellsEach);
  }

  /** Whether the thread could serve a request when its heart last beat. */
  wasReady(thread: number): boolean {
    return Atomics.load(this.cells, thread * cellsEach + 1) === 1;
  }

  beat(thread: number, isReady: boolean): void {
    Atomics.store(this.cells, thread * cellsEach + 1, isReady ? 1 : 0);
    Atomics.add(this.cells, thread * cellsEach, 1);
  }

  /** Beats from now on, saying whether the thread could serve; the timer keeps no process alive. */
  start(thread: number, stateOf: () => ThreadState): NodeJS.Timeout {
    return setInterval(() => this.beat(thread, threadObstacle(stateOf()) === null), beatMs).unref();
  }
}
