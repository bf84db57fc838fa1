import { check } from "k6";
import { chat, handleSummary, rate, setting, summaryTrendStats } from "./gateway.ts";

export { handleSummary };

const duration = setting("DURATION", "30m");
const steady = { executor: "constant-arrival-rate", timeUnit: "1s", duration } as const;

/** A low, steady, mixed load for a long time. `npm run bench -- --soak` looks at memory, descriptors and timers meanwhile. */
export const options = {
  scenarios: {
    answers: { ...steady, exec: "answers", rate: rate(100), preAllocatedVUs: 20, maxVUs: 100 },
    streams: { ...steady, exec: "streams", rate: 10, preAllocatedVUs: 20, maxVUs: 100 },
    failures: { ...steady, exec: "failures", rate: 5, preAllocatedVUs: 10, maxVUs: 50 },
    departures: { ...steady, exec: "departures", rate: 2, preAllocatedVUs: 10, maxVUs: 50 },
  },
  summaryTrendStats,
  thresholds: {
    "http_req_failed{scenario:answers}": ["rate<0.001"],
    "http_req_failed{scenario:streams}": ["rate<0.001"],
    "http_req_duration{scenario:answers}": ["p(99)<200"],
  },
};

export function answers(): void {
  check(chat({ model: "mock-fast" }), { "status 200": ({ status }) => status === 200 });
}

export function streams(): void {
  check(chat({ model: "mock-fast?chunks=20&pace=50", stream: true }), {
    "stream to its end": ({ body }) => (body ?? "").endsWith("data: [DONE]\n\n"),
  });
}

export function failures(): void {
  chat({ model: "k6-errors?status=500", anyStatus: true });
}

/** A client that leaves before the answer is there. */
export function departures(): void {
  chat({ model: "k6-slow?latency=2000", timeout: "500ms", anyStatus: true });
}
