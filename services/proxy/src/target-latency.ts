import {
  type AnswerKind,
  type Latency,
  latencyCellCount,
  latencyOf,
  mayForgetLatency,
  noteLatency,
} from "@perpetuo/gateway/routing/latency";
import type { Target } from "@perpetuo/gateway/routing/target";
import { createSlotBuffers, nameOfText, SlotTable, type SlotTableBuffers } from "./slot-table.ts";

/** Targets of which one process keeps the latency in mind. */
const defaultSlots = 16_384;

export function createLatencyBuffers(slots = defaultSlots): SlotTableBuffers {
  return createSlotBuffers(slots, latencyCellCount);
}

/** How long targets take to their first byte, as all threads of the process have seen it. */
export class TargetLatency {
  private readonly table: SlotTable;
  private readonly tick: () => number;

  /** `tick` is in monotonic milliseconds, the same clock in every thread. */
  constructor(buffers: SlotTableBuffers, tick: () => number) {
    this.tick = tick;
    this.table = new SlotTable(buffers, {
      cellCount: latencyCellCount,
      nameOf: nameOfText,
      mayReuse: (state) => mayForgetLatency(state, tick()),
    });
  }

  /** Null where nobody has measured it of late. A reading may be a moment old, so that it needs no lock. */
  of({ id }: Target, kind: AnswerKind): Latency | null {
    const slot = this.table.find(id);
    return slot === -1 ? null : latencyOf(this.table.stateOf(slot), kind, this.tick());
  }

  /** Takes in how long a call took that has been answered. */
  note({ id }: Target, kind: AnswerKind, ms: number): void {
    const tick = this.tick();
    this.table.withSlot(id, (state) => noteLatency(state, kind, { ms, tick }));
  }
}
