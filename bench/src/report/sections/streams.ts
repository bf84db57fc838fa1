import type { StreamFigures, StreamsPart } from "../../parts/streams.ts";
import { titleOf } from "../../targets/target.ts";
import { type Block, showMebibytes, showNumber } from "../blocks.ts";
import { barChart } from "../charts.ts";

/** Time to the first byte, the way of a chunk, and what very many streams cost in memory. */
export function streamsSection({ calm, crowded, memory }: StreamsPart): Block[] {
  const streams = showNumber(crowded.streams);
  return [
    {
      kind: "heading",
      text: "Streams: time to the first byte and delay of a chunk, about 25 streams at once",
    },
    streamTable(calm),
    {
      kind: "heading",
      text: `Streams: ${streams} at once on one thread, a chunk every ${crowded.pace_ms} ms each`,
    },
    streamTable(crowded.figures),
    {
      kind: "text",
      text: "A chunk's delay is the time from its making in the mock provider to its arrival at the client, by the machine's one clock.",
    },
    {
      kind: "table",
      head: ["memory of the serving process", "RSS"],
      rows: [
        ["before", showMebibytes(memory.idle)],
        [`with ${streams} streams, at most`, showMebibytes(memory.loaded)],
        [`${memory.recovered_after_seconds} s after the last`, showMebibytes(memory.recovered)],
      ],
    },
    {
      kind: "chart",
      svg: barChart({
        title: "Resident memory",
        unit: "MiB",
        bars: (["idle", "loaded", "recovered"] as const).map((label) => ({
          label,
          value: memory[label] / 2 ** 20,
        })),
      }),
    },
  ];
}

function streamTable(figures: readonly StreamFigures[]): Block {
  const direct = figures.find(({ kind }) => kind === "direct");
  const added = (entry: StreamFigures, read: (figures: StreamFigures) => number | undefined) => {
    const [own, other] = [read(entry), direct === undefined ? undefined : read(direct)];
    return entry.kind === "direct" || own === undefined || other === undefined
      ? ""
      : showNumber(own - other, 2);
  };
  return {
    kind: "table",
    head: [
      "",
      "first byte p50 ms",
      "p99 ms",
      "added p50 ms",
      "chunk delay p50 ms",
      "p99 ms",
      "added p50 ms",
      "added p99 ms",
      "failed",
    ],
    rows: figures.map((entry) => [
      entry.kind === "direct"
        ? "mock provider, called directly"
        : titleOf({ name: entry.target, kind: entry.kind }),
      showNumber(entry.first_byte_ms?.p50, 2),
      showNumber(entry.first_byte_ms?.p99, 2),
      added(entry, ({ first_byte_ms }) => first_byte_ms?.p50),
      showNumber(entry.chunk_delay_ms?.p50, 2),
      showNumber(entry.chunk_delay_ms?.p99, 2),
      added(entry, ({ chunk_delay_ms }) => chunk_delay_ms?.p50),
      added(entry, ({ chunk_delay_ms }) => chunk_delay_ms?.p99),
      showNumber(entry.failures),
    ]),
  };
}
