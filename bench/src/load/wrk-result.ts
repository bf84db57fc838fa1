import { BenchError } from "../bench-error.ts";
import { numberField, parseObject } from "../json-fields.ts";
import { resultMark } from "./wrk-script.ts";

/** What the load generator saw in one run. */
export type LoadResult = {
  /** Answers that were read to their end, whatever their status. */
  requests: number;
  seconds: number;
  /** Time from the request to the end of its answer, in milliseconds. */
  p50_ms: number;
  p99_ms: number;
  p999_ms: number;
  /** Answers with status 400 or above. */
  status_errors: number;
  /** Connections that failed and answers that took too long. */
  socket_errors: number;
};

/**
 * Finds the result in what wrk printed.
 * @throws {BenchError} when there is none.
 */
export function parseWrkOutput(output: string): LoadResult {
  const line = output.split("\n").find((candidate) => candidate.startsWith(resultMark));
  if (line === undefined) throw new BenchError(`wrk printed no result:\n${output.trim().slice(-1_000)}`);
  const result = parseObject(line.slice(resultMark.length), "The result of wrk");
  return {
    requests: numberField(result, "requests"),
    seconds: numberField(result, "duration") / 1_000_000,
    p50_ms: numberField(result, "p50") / 1_000,
    p99_ms: numberField(result, "p99") / 1_000,
    p999_ms: numberField(result, "p999") / 1_000,
    status_errors: numberField(result, "status_errors"),
    socket_errors: numberField(result, "socket_errors"),
  };
}
