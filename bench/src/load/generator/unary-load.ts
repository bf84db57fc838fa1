import { monotonicMicroseconds } from "./clock.ts";
import { openConnections, requestBytes } from "./connections.ts";
import type { UnaryJob, UnaryResult } from "./jobs.ts";
import { createOutstanding } from "./outstanding.ts";
import { pace } from "./pacing.ts";
import { collectSamples } from "./samples.ts";

const microsecondsPerMillisecond = 1_000;

/** The time that a request waits for one of them counts as its latency. */
const mostConnections = 512;

/** Sends whole requests at a constant rate, and waits for what is still under way at the end. */
export async function runUnaryLoad(job: UnaryJob): Promise<UnaryResult> {
  const connections = openConnections(new URL(job.url), mostConnections);
  const request = requestBytes(job);
  const unmeasured = Math.round(job.rate * job.warmupSeconds);
  const count = unmeasured + Math.round(job.rate * job.seconds);
  const latency = collectSamples(count);
  const lateness = collectSamples(count);
  const outstanding = createOutstanding();
  let sent = 0;

  await pace({ rate: job.rate, count }, (dueAt) => {
    const measured = sent++ >= unmeasured;
    let status = 0;
    const ending = outstanding.begin();
    const startedAt = monotonicMicroseconds();
    if (measured) lateness.add((startedAt - dueAt) / microsecondsPerMillisecond);
    connections.send(request, {
      head: (answered) => {
        status = answered;
      },
      body: () => undefined,
      end: () => {
        if (status !== 200) return ending.failed(`status ${status}`);
        if (measured) latency.add((monotonicMicroseconds() - startedAt) / microsecondsPerMillisecond);
        ending.completed();
      },
      failed: ending.failed,
    });
  });
  await outstanding.settled();
  connections.close();
  const { completed, failures } = outstanding.tally();
  return {
    kind: "unary",
    completed,
    failures,
    latency_ms: latency.quantiles(),
    lateness_ms: lateness.quantiles(),
  };
}
