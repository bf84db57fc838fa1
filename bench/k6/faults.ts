import { Rate, Trend } from "k6/metrics";
import { chat, handleSummary, rate, setting, summaryTrendStats } from "./gateway.ts";

export { handleSummary };

/** What goes wrong at the provider, and what the gateway's client may see of it. */
const kinds = [
  { model: "mock-fast", stream: false, fine: [200] },
  { model: "mock-fast?chunks=10&pace=10", stream: true, fine: [200] },
  { model: "k6-errors?status=500", stream: false, fine: [500, 502, 503] },
  { model: "k6-limited?status=429&retry_after=1", stream: false, fine: [429, 503] },
  { model: "k6-cut?cut=3", stream: true, fine: [200, 502, 503] },
  { model: "k6-slow?latency=300", stream: false, fine: [200] },
] as const;
/** Four of five requests are to models whose provider works. */
const healthyShare = 0.8;

const explained = new Rate("explained_answers");
const healthy = new Rate("healthy_answers");
const healthyTime = new Trend("healthy_duration", true);

/** A mixed load beside failing models: what fails is told so, and what works goes on as if nothing had happened. */
export const options = {
  scenarios: {
    faults: {
      executor: "constant-arrival-rate",
      rate: rate(200),
      timeUnit: "1s",
      duration: setting("DURATION", "30s"),
      preAllocatedVUs: 100,
      maxVUs: 400,
    },
  },
  summaryTrendStats,
  thresholds: {
    healthy_answers: ["rate>0.999"],
    explained_answers: ["rate>0.999"],
    healthy_duration: ["p(99)<500"],
    dropped_iterations: ["count<20"],
  },
};

export default function (): void {
  const isHealthy = Math.random() < healthyShare;
  const kind =
    kinds[isHealthy ? Math.floor(Math.random() * 2) : 2 + Math.floor(Math.random() * (kinds.length - 2))];
  if (kind === undefined) return;
  const { status, timings } = chat({ model: kind.model, stream: kind.stream, anyStatus: true });
  explained.add((kind.fine as readonly number[]).includes(status));
  if (!isHealthy) return;
  healthy.add(status === 200);
  healthyTime.add(timings.duration);
}
