import { check } from "k6";
import { chat, handleSummary, rate, setting, summaryTrendStats } from "./gateway.ts";

export { handleSummary };

/** Whole answers at a constant arrival rate, whatever becomes of the earlier ones. */
export const options = {
  scenarios: {
    unary: {
      executor: "constant-arrival-rate",
      rate: rate(1_000),
      timeUnit: "1s",
      duration: setting("DURATION", "30s"),
      preAllocatedVUs: 100,
      maxVUs: 400,
    },
  },
  summaryTrendStats,
  thresholds: {
    http_req_failed: ["rate==0"],
    http_req_duration: ["p(50)<5", "p(99)<100"],
    // A generator that cannot keep its own rate measures itself.
    dropped_iterations: ["count<50"],
  },
};

export default function (): void {
  check(chat({ model: "mock-fast" }), { "status 200": ({ status }) => status === 200 });
}
