/** Milliseconds between two beats of a thread, and between two looks at them. */
export const beatMs = 10;

export function createHeartbeatBuffer(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * Int32Array.BYTES_PER_ELEMENT);
}

/**
 * How often each thread has come round to its event loop. Beats are counted, not timed, so that the observer needs no
 * clock in common with the thread, and a process that was halted as a whole has not missed any.
 */
export class Heartbeats {
  private readonly beats: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.beats = new Int32Array(buffer);
  }

  count(thread: number): number {
    return Atomics.load(this.beats, thread);
  }

  /** Beats from now on; the timer keeps no process alive. */
  start(thread: number): NodeJS.Timeout {
    return setInterval(() => Atomics.add(this.beats, thread, 1), beatMs).unref();
  }
}
