import { limitCellCount, limitCells } from "@perpetuo/gateway/limits";
import type { LimitTable } from "../limit-table.ts";

/** What one generation has under way at one subject. */
export type LimitShare = { concurrent: number; reservedMicros: number };

/** Shares by the subject's name in the table. */
export type LimitShares = Map<string, LimitShare>;

/** All that is counted, as it goes from one process to another. */
export type LimitsState = {
  /** Name in the table, and the cells. */
  subjects: { name: string; cells: number[] }[];
  /** By generation: what is under way there, among what the cells count. */
  shares: { generation: string; shares: [name: string, share: LimitShare][] }[];
};

/**
 * Reads every subject's cells, each under its lock. `generation` is whose requests are under way where nobody else's
 * share is known.
 */
export function readLimits(
  table: LimitTable,
  others: ReadonlyMap<string, LimitShares>,
  generation: string,
): LimitsState {
  const subjects = table.entries().map(({ name, slot }) => {
    const cells = table.withLock(slot, () => {
      const state = table.stateOf(slot);
      return Array.from(state.cells.subarray(state.base, state.base + limitCellCount));
    });
    return { name: String(name), cells };
  });
  const own = new Map(subjects.map(({ name, cells }) => [name, shareOf(cells)]));
  for (const shares of others.values()) {
    for (const [name, share] of shares) {
      const rest = own.get(name);
      if (rest !== undefined) own.set(name, subtractShare(rest, share));
    }
  }
  const all = [...others, [generation, own] as const];
  return {
    subjects,
    shares: all.map(([id, shares]) => ({
      generation: id,
      shares: [...shares].filter(
        ([, { concurrent, reservedMicros }]) => concurrent > 0 || reservedMicros > 0,
      ),
    })),
  };
}

/** Writes cells that another process has read. What a full table does not take is counted anew. */
export function writeLimits(table: LimitTable, { subjects }: LimitsState): void {
  for (const { name, cells } of subjects) {
    const slot = table.slotOfName(BigInt(name));
    if (slot === -1) continue;
    table.withLock(slot, () => {
      const state = table.stateOf(slot);
      state.cells.set(cells, state.base);
    });
  }
}

/** Takes what a generation had under way out of the table. */
export function releaseShares(table: LimitTable, shares: LimitShares): void {
  for (const [name, share] of shares) {
    const slot = table.slotOfName(BigInt(name));
    if (slot === -1) continue;
    table.withLock(slot, () => {
      const { cells, base } = table.stateOf(slot);
      const rest = subtractShare(shareOf(cells, base), share);
      cells[base + limitCells.concurrent] = rest.concurrent;
      cells[base + limitCells.reservedMicros] = rest.reservedMicros;
    });
  }
}

export function subtractShare(from: LimitShare, share: LimitShare): LimitShare {
  return {
    concurrent: Math.max(0, from.concurrent - share.concurrent),
    reservedMicros: Math.max(0, from.reservedMicros - share.reservedMicros),
  };
}

function shareOf(cells: ArrayLike<number>, base = 0): LimitShare {
  return {
    concurrent: cells[base + limitCells.concurrent] ?? 0,
    reservedMicros: cells[base + limitCells.reservedMicros] ?? 0,
  };
}
