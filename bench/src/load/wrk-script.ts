/** Marks the one line of the script's output that is the result. */
export const resultMark = "perpetuo-bench ";

export type LoadRequest = { authorization: string; body: string };

/**
 * The Lua script that makes wrk send one POST over and over, and print its result as JSON: wrk's own summary rounds.
 * Times are microseconds.
 */
export function wrkScript({ authorization, body }: LoadRequest): string {
  return `wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = ${luaText(authorization)}
wrk.body = ${luaText(body)}

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '${resultMark}{"requests":%d,"duration":%d,"p50":%.1f,"p99":%.1f,"status_errors":%d,"socket_errors":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
`;
}

/** A Lua string literal. JSON's escapes are not Lua's, so every byte that is special in either is written as a number. */
function luaText(text: string): string {
  const escaped = [...Buffer.from(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[ !#-[\]-~]/.test(character) ? character : `\\${String(byte).padStart(3, "0")}`;
  });
  return `"${escaped.join("")}"`;
}
