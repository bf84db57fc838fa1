/** A turn this short leaves the kernel next to no time to complete a handshake that nobody has accepted. */
const quietMs = 0.3;
const mostTurns = 500;

/**
 * Resolves right after a turn of the event loop that had next to nothing to do. A listener that closes then has just
 * accepted everything that waited: the kernel resets what still waits, unless it may hand it to another listener.
 */
export function quietTurn(now: () => number): Promise<void> {
  return new Promise((resolve) => {
    let turns = 0;
    let lastAt = Number.NEGATIVE_INFINITY;
    const look = () => {
      const at = now();
      if (at - lastAt < quietMs || ++turns > mostTurns) return resolve();
      lastAt = at;
      setImmediate(look);
    };
    setImmediate(look);
  });
}
