import { check } from "k6";
import { Trend } from "k6/metrics";
import { chat, handleSummary, rate, setting, summaryTrendStats } from "./gateway.ts";

export { handleSummary };

const chunks = 20;
const paceMs = 20;
const expectedMs = chunks * paceMs;
const percent = 100;

/** How much longer than the provider needs for it a stream took, in percent. */
const stretch = new Trend("stream_stretch_percent");

/**
 * Streams at a constant arrival rate. The time to the first byte is `http_req_waiting`. k6 reads a stream as one body, so that the
 * pace is looked at as a whole; the benchmark's own generator looks at each chunk.
 */
export const options = {
  scenarios: {
    streaming: {
      executor: "constant-arrival-rate",
      rate: rate(100),
      timeUnit: "1s",
      duration: setting("DURATION", "30s"),
      preAllocatedVUs: 100,
      maxVUs: 400,
    },
  },
  summaryTrendStats,
  thresholds: {
    http_req_failed: ["rate==0"],
    http_req_waiting: ["p(50)<10", "p(99)<100"],
    stream_stretch_percent: ["p(95)<50"],
    dropped_iterations: ["count<10"],
  },
};

export default function (): void {
  const response = chat({ model: `mock-fast?chunks=${chunks}&pace=${paceMs}`, stream: true });
  check(response, {
    "stream to its end": ({ status, body }) => status === 200 && (body ?? "").endsWith("data: [DONE]\n\n"),
  });
  stretch.add((response.timings.duration / expectedMs - 1) * percent);
}
