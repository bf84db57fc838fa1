import { expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import { createGatewayClient } from "../harness/gateway-client.ts";
import { readMetric } from "../harness/proxy-metrics.ts";
import { startStack } from "../harness/stack.ts";

const mebibyte = 1_048_576;
const largest = 16 * mebibyte;
/** Loose: ten times what an idle machine measures. Far beyond it lies a parser that is not linear. */
const longestDelayMs = 1_000;

const begin = '{"model":"mock?chunks=1","messages":[{"role":"user","content":"hi"}],';

/** Bodies that fill the limit to its last byte, each hard on another part of a parser. */
const bodies: Record<string, () => string> = {
  "one long string": () => fill('"user":"', "a", '"}'),
  "a string of escapes": () => fill('"x":"', "\\u0041", '"}'),
  "a string of backslashes": () => fill('"x":"', "\\\\", '"}'),
  "many top-level keys": () => fillWith((index) => `"${index.toString(36)}":0,`),
  "many keys within": () => `${fillWith((index) => `"${index.toString(36)}":0,`, '"x":{').slice(0, -1)}}`,
  "many small numbers": () => fill('"x":[', "1,", "1]}"),
  "one huge number": () => fill('"x":', "9", "}"),
  "many empty lists": () => fill('"x":[', "[],", "[]]}"),
  "lists as deep as allowed, again and again": () =>
    fill('"x":[', `${"[".repeat(60)}${"]".repeat(60)},`, "0]}"),
  "lists without an end": () => fill('"x":', "[", ""),
  spaces: () => fill("", " ", '"x":0}'),
  "many messages": () =>
    `${fillWith(() => '{"role":"user","content":"x"},', "", '{"model":"mock?chunks=1","messages":[').slice(0, -2)}]}`,
  "many tools": () => fill('"tools":[', '{"type":"function","function":{"name":"f"}},', "{}]}"),
  "long metadata": () => fill('"metadata":{"a":"', "b", '"}}'),
  "a long model name": () => `{"messages":[],"model":"${"m".repeat(largest - 30)}"}`,
};

/** `part` again and again between `open` and `close`, as often as the limit allows. */
function fill(open: string, part: string, close: string): string {
  const room = largest - Buffer.byteLength(begin + open + close);
  return begin + open + part.repeat(Math.floor(room / part.length)) + close;
}

function fillWith(part: (index: number) => string, open = "", start = begin): string {
  const parts = [start, open];
  let size = start.length + open.length;
  for (let index = 0; size < largest - 64; index++) {
    const next = part(index);
    parts.push(next);
    size += next.length;
  }
  return `${parts.join("").slice(0, -1)}}`;
}

it("the largest bodies of the worst kinds · an answer each, and no thread is held up", async () => {
  await using stack = await startStack({ environment: { PERPETUO_MAX_BODY_BYTES: String(largest) } });
  await using client = createGatewayClient(stack.proxyUrl);
  const { apiKey } = await stack.createWorkspace();
  const delays: { kind: string; delayMs: number; status: number }[] = [];
  for (const [kind, make] of Object.entries(bodies)) {
    const body = make();
    // Each reading begins a new one.
    await readMetric(stack.proxyUrl, "nodejs_eventloop_lag_max_seconds");
    const { status } = await client.call({ apiKey, body });
    const seconds = await readMetric(stack.proxyUrl, "nodejs_eventloop_lag_max_seconds", 'process="proxy"');
    delays.push({ kind, delayMs: seconds * 1_000, status });
  }
  const sorted = delays.toSorted((left, right) => right.delayMs - left.delayMs);
  const worst = sorted.slice(0, 4).map(({ kind, delayMs }) => `${kind} ${delayMs.toFixed(0)} ms`);
  report(`${delays.length} bodies of 16 MiB hold their thread, at the most: ${worst.join(", ")}`);
  for (const { kind, delayMs, status } of delays) {
    expect([200, 400, 404, 413, 502], kind).toContain(status);
    expect(delayMs, kind).toBeLessThan(longestDelayMs);
  }
});
