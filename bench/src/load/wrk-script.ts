/** Marks the one line of the script's output that is the result. */
export const resultMark = "perpetuo-bench ";

export type LoadRequest = {
  headers: Record<string, string>;
  body: string;
  /** API keys to be used instead of the authorization header; null: the headers are all. */
  keys: KeyChoice | null;
};

/** A file with one API key a line, and which of them a request takes. */
export type KeyChoice = { file: string; order: "random" | "in turn" };

/**
 * The Lua script that makes wrk send one POST over and over, and print its result as JSON: wrk's own summary rounds.
 * Times are microseconds.
 */
export function wrkScript({ headers, body, keys }: LoadRequest): string {
  const lines = Object.entries(headers).map(
    ([name, value]) => `wrk.headers[${luaText(name)}] = ${luaText(value)}`,
  );
  return `wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
${lines.join("\n")}
wrk.body = ${luaText(body)}
${keys === null ? "" : rotateKeys(keys)}
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '${resultMark}{"requests":%d,"duration":%d,"p50":%.1f,"p99":%.1f,"p999":%.1f,"status_errors":%d,"socket_errors":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
`;
}

/** The request is put together by concatenation around the key, because wrk.format would walk all headers each time. */
function rotateKeys({ file, order }: KeyChoice): string {
  return `
local keys, turn, head, tail = {}, 0, "", ""
function init(args)
  for line in io.lines(${luaText(file)}) do keys[#keys + 1] = line end
  wrk.headers["authorization"] = "@key@"
  local whole = wrk.format()
  local from, to = whole:find("@key@", 1, true)
  head, tail = whole:sub(1, from - 1) .. "Bearer ", whole:sub(to + 1)
end
function request()
  turn = ${order === "random" ? "math.random(#keys)" : "turn % #keys + 1"}
  return head .. keys[turn] .. tail
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
