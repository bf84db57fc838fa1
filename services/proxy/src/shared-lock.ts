const unlocked = 0;
const locked = 1;
const spinsBeforeSleep = 200;
const sleepMs = 1;
/** A critical section takes microseconds; a lock held this long belongs to a thread that is gone. */
const abandonedMs = 250;

/** Takes the lock in `locks[at]`, in memory that threads share; zero is free. What it guards must not wait. */
export function lockCell(locks: Int32Array, at: number): void {
  // Almost always free, and then a clock is not needed.
  if (Atomics.compareExchange(locks, at, unlocked, locked) === unlocked) return;
  const startedAt = performance.now();
  for (let spins = 0; Atomics.compareExchange(locks, at, unlocked, locked) !== unlocked; spins++) {
    if (spins < spinsBeforeSleep) continue;
    // On few cores the holder may be waiting for this very core.
    Atomics.wait(locks, at, locked, sleepMs);
    if (performance.now() - startedAt > abandonedMs) return;
  }
}

/** Gives the lock back. */
export function unlockCell(locks: Int32Array, at: number): void {
  Atomics.store(locks, at, unlocked);
  Atomics.notify(locks, at, 1);
}
