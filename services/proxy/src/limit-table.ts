import { limitCellCount } from "@perpetuo/gateway/limits";
import { createSlotBuffers, nameOfUuid, SlotTable, type SlotTableBuffers } from "./slot-table.ts";

/** Subjects that can have limits in one process. */
const defaultSlots = 131_072;

/** The state of every limited subject of the process. A slot is never given away: what it has counted must stay. */
export class LimitTable extends SlotTable {
  constructor(buffers: SlotTableBuffers = createSlotBuffers(defaultSlots, limitCellCount)) {
    super(buffers, { cellCount: limitCellCount, nameOf: nameOfUuid });
  }
}
