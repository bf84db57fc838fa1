import http, { type Response } from "k6/http";
import { Counter, Trend } from "k6/metrics";

/** The gateway's address without a path. */
const baseUrl = __ENV["BASE_URL"] ?? "http://127.0.0.1:8080";
/** `Bearer` and an API key. */
const authorization = __ENV["AUTHORIZATION"] ?? "";
const prompt = "Summarise the following notes for a reader who was not there. ".repeat(16);

/** Requests without a whole answer. The benchmark's accounts need to know them. */
const brokenRequests = new Counter("broken_requests");
/** What the gateway says of its own time, by its Server-Timing header; empty where it says nothing. */
const gatewayTime = new Trend("server_timing_gateway", true);
const upstreamTime = new Trend("server_timing_upstream", true);

export type Chat = { model: string; stream?: boolean; timeout?: string; anyStatus?: boolean };

/** Asks for one chat completion and reads the answer to its end. */
export function chat({ model, stream = false, timeout = "30s", anyStatus = false }: Chat): Response {
  const body = JSON.stringify({
    model,
    ...(stream ? { stream } : {}),
    messages: [{ role: "user", content: prompt }],
  });
  const expected = anyStatus ? { min: 200, max: 599 } : 200;
  const response = http.post(`${baseUrl}/v1/chat/completions`, body, {
    headers: { authorization, "content-type": "application/json" },
    timeout,
    responseCallback: http.expectedStatuses(expected),
  });
  if (response.status === 0 || response.error !== "") brokenRequests.add(1);
  noteServerTiming(response.headers["Server-Timing"]);
  return response;
}

function noteServerTiming(header: string | undefined): void {
  if (header === undefined) return;
  const gateway = durationOf(header, "overhead");
  const upstream = durationOf(header, "ttfb");
  if (gateway !== null) gatewayTime.add(gateway);
  if (upstream !== null) upstreamTime.add(upstream);
}

/** Milliseconds of one entry, such as `overhead;dur=0.4`; null when there is none. */
function durationOf(header: string, name: string): number | null {
  const found = new RegExp(`(?:^|[,\\s])${name};(?:[^,]*;)?dur=([\\d.]+)`).exec(header);
  return found?.[1] === undefined ? null : Number(found[1]);
}

/** A variable of the environment, or what applies without it. */
export function setting(name: string, otherwise: string): string {
  return __ENV[name] ?? otherwise;
}

/** Requests a second, by `RATE`. */
export function rate(otherwise: number): number {
  return Number(setting("RATE", String(otherwise)));
}

/** Percentiles that the benchmark reads from the summary. */
export const summaryTrendStats = ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)"];

/** Writes k6's own summary to the file that `SUMMARY` names, besides a line for people. */
export function handleSummary(data: { metrics: Record<string, { values: Record<string, number> }> }) {
  const duration = data.metrics["http_req_duration"]?.values;
  const requests = data.metrics["http_reqs"]?.values["count"];
  const line = `${requests} requests, p50 ${duration?.["med"]?.toFixed(2)} ms, p99 ${duration?.["p(99)"]?.toFixed(2)} ms\n`;
  const file = __ENV["SUMMARY"];
  return { stdout: line, ...(file === undefined ? {} : { [file]: JSON.stringify(data) }) };
}
