import { randomFillSync } from "node:crypto";

/** What a generator reads from outside: the clock, in epoch milliseconds, and random bytes. */
export type UuidSources = {
  now: () => number;
  /** Fills the whole buffer. */
  fill: (pool: Buffer) => void;
};

const seedBytes = 4;
const tailBytes = 6;
const bytesPerId = seedBytes + tailBytes;
/** One system call serves this many identifiers; a call for each would cost more than the rest of the work. */
const idsPerPool = 512;
/** 26 bits: 12 in `rand_a` and the 14 of `rand_b` that share a group with the variant. */
const counterLimit = 2 ** 26;
const counterLowBits = 14;
const counterLowMask = 2 ** counterLowBits - 1;
/** The counter starts in the lower half, which leaves at least 2^25 steps a millisecond. */
const seedMask = 2 ** 25 - 1;

/** Where a generator stands: the millisecond of its last identifier and the counter within it. */
export type UuidPosition = { milliseconds: number; counter: number };

/**
 * Moves to the next identifier's position, which is after the present one whatever the clock says: on a later
 * millisecond the counter starts anew from `seed` (32 random bits), otherwise it counts on.
 */
export function advance(position: UuidPosition, now: number, seed: number): void {
  position.counter += 1;
  if (now > position.milliseconds || position.counter === counterLimit) {
    // An exhausted counter borrows the next millisecond, and the clock catches up.
    position.milliseconds = Math.max(now, position.milliseconds + 1);
    position.counter = seed & seedMask;
  }
}

/**
 * Makes a generator of version 7 UUIDs (RFC 9562) that never goes back: each is greater, as text and as bytes, than
 * every one before it, also within a millisecond and when the clock is set back (RFC 9562, 6.2, method 1: a counter
 * seeded at random on each tick of the clock). The last 48 bits are random in every identifier.
 */
export function createUuidv7(sources: UuidSources): () => string {
  const pool = Buffer.alloc(idsPerPool * bytesPerId);
  const position: UuidPosition = { milliseconds: -1, counter: 0 };
  let digits = "";
  let offset = pool.length;
  let timeIsOf = -1;
  let time = "";

  return () => {
    if (offset === pool.length) {
      sources.fill(pool);
      digits = pool.toString("hex");
      offset = 0;
    }
    advance(position, sources.now(), pool.readUInt32BE(offset));
    if (position.milliseconds !== timeIsOf) {
      timeIsOf = position.milliseconds;
      time = timeGroups(timeIsOf);
    }
    const tail = digits.slice((offset + seedBytes) * 2, (offset + bytesPerId) * 2);
    offset += bytesPerId;
    return `${time}-${counterGroups(position.counter)}-${tail}`;
  };
}

/**
 * A version 7 UUID, greater than every one that this thread made before. Each thread has a counter of its own, so
 * across threads the order is that of the millisecond.
 */
export const uuidv7: () => string = createUuidv7({ now: Date.now, fill: (pool) => randomFillSync(pool) });

/** The 48 bits of time as the first two groups. */
function timeGroups(milliseconds: number): string {
  const digits = milliseconds.toString(16).padStart(12, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}

/** The third and fourth group: version and variant, and the counter's 12 high and 14 low bits. */
function counterGroups(counter: number): string {
  const high = 0x7000 | (counter >>> counterLowBits);
  const low = 0x8000 | (counter & counterLowMask);
  return `${high.toString(16)}-${low.toString(16)}`;
}
