import { check } from "k6";
import { chat, handleSummary, setting, summaryTrendStats } from "./gateway.ts";

export { handleSummary };

const calmRate = 100;
const spikeRate = 2_000;
const phase = setting("DURATION", "30s");

/** Twenty times the load within a second, and back: nothing may fail, and the calm afterwards is as calm as before. */
export const options = {
  scenarios: {
    spike: {
      executor: "ramping-arrival-rate",
      startRate: calmRate,
      timeUnit: "1s",
      preAllocatedVUs: 200,
      maxVUs: 800,
      stages: [
        { duration: third(phase), target: calmRate },
        { duration: "1s", target: spikeRate },
        { duration: third(phase), target: spikeRate },
        { duration: "1s", target: calmRate },
        { duration: third(phase), target: calmRate },
      ],
    },
  },
  summaryTrendStats,
  thresholds: {
    http_req_failed: ["rate==0"],
    http_req_duration: ["p(50)<10", "p(99)<500"],
    dropped_iterations: ["count<200"],
  },
};

export default function (): void {
  check(chat({ model: "mock-fast" }), { "status 200": ({ status }) => status === 200 });
}

/** A third of a duration in seconds, such as `30s`. */
function third(duration: string): string {
  return `${Math.max(1, Math.round(Number.parseInt(duration, 10) / 3))}s`;
}
