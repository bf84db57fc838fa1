import { monotonicMicroseconds } from "./clock.ts";
import { type Connections, openConnections, requestBytes } from "./connections.ts";
import { createEventScanner } from "./event-scanner.ts";
import type { StreamJob, StreamResult } from "./jobs.ts";
import { createOutstanding, type Ending } from "./outstanding.ts";
import { pace } from "./pacing.ts";
import { collectSamples, type Samples } from "./samples.ts";

const microsecondsPerMillisecond = 1_000;
/** Enough for every run of the benchmark; what comes after is counted and not measured. */
const mostChunks = 8_000_000;

type Measurement = { firstByte: Samples; chunkDelay: Samples; chunks: number; measureFrom: number };

/** Begins streams at a constant rate and reads each to its end. */
export async function runStreamLoad(job: StreamJob): Promise<StreamResult> {
  const connections = openConnections(new URL(job.url), job.count);
  const request = requestBytes(job);
  const outstanding = createOutstanding();
  const measurement: Measurement = {
    firstByte: collectSamples(job.count),
    chunkDelay: collectSamples(mostChunks),
    chunks: 0,
    measureFrom: Number.POSITIVE_INFINITY,
  };
  await pace({ rate: job.rate, count: job.count }, (dueAt) => {
    if (measurement.measureFrom === Number.POSITIVE_INFINITY) {
      measurement.measureFrom = dueAt + job.measureFromSeconds * 1_000_000;
    }
    readStream({ connections, request, ending: outstanding.begin(), measurement });
  });
  await outstanding.settled();
  connections.close();
  const { completed, failures, mostOpen } = outstanding.tally();
  return {
    kind: "streams",
    completed,
    failures,
    first_byte_ms: measurement.firstByte.quantiles(),
    chunk_delay_ms: measurement.chunkDelay.quantiles(),
    chunks: measurement.chunks,
    most_open: mostOpen,
  };
}

type OneStream = { connections: Connections; request: Buffer; ending: Ending; measurement: Measurement };

function readStream({ connections, request, ending, measurement }: OneStream): void {
  const startedAt = monotonicMicroseconds();
  let status = 0;
  let arrivedAt = 0;
  const scan = createEventScanner((stamp) => {
    measurement.chunks += 1;
    if (stamp === null || arrivedAt < measurement.measureFrom) return;
    measurement.chunkDelay.add((arrivedAt - stamp) / microsecondsPerMillisecond);
  });
  connections.send(request, {
    head: (answered) => {
      status = answered;
    },
    body: (bytes) => {
      const first = arrivedAt === 0;
      arrivedAt = monotonicMicroseconds();
      if (first) measurement.firstByte.add((arrivedAt - startedAt) / microsecondsPerMillisecond);
      scan(bytes);
    },
    end: () => (status === 200 ? ending.completed() : ending.failed(`status ${status}`)),
    failed: ending.failed,
  });
}
