import { check } from "k6";
import { chat, handleSummary, summaryTrendStats } from "./gateway.ts";

export { handleSummary };

/** One caller, a few requests of each kind: does everything work at all? */
export const options = {
  vus: 1,
  iterations: 20,
  summaryTrendStats,
  thresholds: { checks: ["rate==1"], http_req_failed: ["rate==0"] },
};

export default function (): void {
  check(chat({ model: "mock-fast" }), {
    "whole answer": ({ status, body }) => status === 200 && /"finish_reason": ?"stop"/.test(body ?? ""),
  });
  check(chat({ model: "mock-fast", stream: true }), {
    "stream to its end": ({ status, body }) => status === 200 && (body ?? "").endsWith("data: [DONE]\n\n"),
  });
}
