const unlocked = 0;
const locked = 1;
/** Locked, and others may be asleep until it is not. */
const awaited = 2;
const spinsBeforeSleep = 200;
const sleepMs = 1;
/** A critical section takes microseconds; a lock held this long belongs to a thread that is gone. */
const abandonedMs = 250;

/** Takes the lock in `locks[at]`, in memory that threads share; zero is free. What it guards must not wait. */
export function lockCell(locks: Int32Array, at: number): void {
  // Almost always free, and then a clock is not needed.
  if (Atomics.compareExchange(locks, at, unlocked, locked) === unlocked) return;
  const startedAt = performance.now();
  for (let spins = 0; spins < spinsBeforeSleep; spins++) {
    if (Atomics.compareExchange(locks, at, unlocked, locked) === unlocked) return;
  }
  // On few cores the holder may be waiting for this very core.
  while (Atomics.exchange(locks, at, awaited) !== unlocked) {
    Atomics.wait(locks, at, awaited, sleepMs);
    if (performance.now() - startedAt > abandonedMs) return;
  }
}

/** Gives the lock back. Waking somebody costs more than all the rest, and seldom is anybody asleep. */
export function unlockCell(locks: Int32Array, at: number): void {
  if (Atomics.exchange(locks, at, unlocked) === awaited) Atomics.notify(locks, at, 1);
}
