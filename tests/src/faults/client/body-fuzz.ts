import { expect } from "vitest";
import { chat } from "../../harness/gateway-client.ts";
import type { Stack } from "../../harness/stack.ts";
import { judge } from "./hostile-requests.ts";

const allowed = "mock-fuzz-allowed";
const forbidden = "mock-fuzz-forbidden";

/** Numbers in [0, 1) that are the same in every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    // Park and Miller's minimal standard generator.
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Spellings of the key `model`: some are it, some only look like it. */
const modelKeys = [
  '"model"',
  '"mod\\u0065l"',
  '"\\u006dodel"',
  '"Model"',
  '"model "',
  '"model\\u0000"',
  '"m\\u00f6del"',
];
/** Spellings of a model's name. */
const names = (name: string): string[] => [
  JSON.stringify(name),
  `"${name.replace("m", "\\u006d")}"`,
  `"${name}\\u0000"`,
  `"${name} "`,
  `"${name.toUpperCase()}"`,
  `["${name}"]`,
  `{"toString":"${name}"}`,
  "null",
  "1e999",
];
const harmless = [
  '"__proto__":{"model":"mock-fuzz-forbidden"}',
  '"constructor":{"prototype":{"model":"mock-fuzz-forbidden"}}',
  '"metadata":{"model":"mock-fuzz-forbidden"}',
  '"temperature":1e400',
  '"seed":123456789012345678901234567890',
  '"n":-0.0e-0',
  '"stop":"\\ud800"',
  '"user":"\\"model\\":\\"mock-fuzz-forbidden\\""',
  '"":{"":[[[[{}]]]]}',
];
const spoilers = [",", "}", '"', "//", "\u0000", "\ufeff", "'", '{"model":"mock-fuzz-forbidden"}', "\u00ff"];

/** A body built of members that each try to slip another model past one of two readers. */
function hostileBody(random: () => number): Buffer {
  const pick = <TValue>(values: readonly TValue[]): TValue =>
    values[Math.floor(random() * values.length)] as TValue;
  const members = [`"messages":[{"role":"user","content":"${pick(["hello", "\\u0000", "\u{1f600}"])}"}]`];
  const models = 1 + Math.floor(random() * 2.3);
  for (let index = 0; index < models; index++) {
    const name = pick(names(random() < 0.7 ? allowed : forbidden));
    members.push(
      `${random() < 0.7 ? '"model"' : pick(modelKeys)}${pick([":", " : ", "\n:\t"])}${random() < 0.6 ? JSON.stringify(allowed) : name}`,
    );
  }
  if (random() < 0.6) members.push(pick(harmless));
  const shuffled = members
    .map((member) => ({ member, at: random() }))
    .toSorted((left, right) => left.at - right.at);
  let text = `{${shuffled.map(({ member }) => member).join(",")}}`;
  if (random() < 0.2) {
    const at = Math.floor(random() * (text.length + 1));
    text = text.slice(0, at) + pick(spoilers) + text.slice(at);
  }
  // One character a byte where the text is to be no UTF-8.
  return Buffer.from(text, random() < 0.1 ? "latin1" : "utf8");
}

/**
 * Sends bodies that two JSON readers may understand differently, with a key that may use one model only. Whatever is
 * answered with 200 has reached the provider with that model, as the provider itself parses it; nothing is a 5xx.
 */
export async function checkModelAuthority(
  stack: Stack,
  count: number,
): Promise<{ served: number; refused: number }> {
  const workspace = await stack.createWorkspace({ apiKeys: [{ models: [allowed] }] });
  const random = seededRandom(20_260_101);
  await stack.mock.forget();
  let served = 0;
  for (let index = 0; index < count; index++) {
    const body = hostileBody(random);
    const { status } = await judge(stack, { apiKey: workspace.apiKey, body });
    if (status === 200) served++;
    expect({ status: status === 200 || (status >= 400 && status < 500), body: body.toString() }).toEqual({
      status: true,
      body: body.toString(),
    });
  }
  const called = await stack.mock.records();
  expect(called.filter(({ model }) => model !== allowed)).toEqual([]);
  expect(called).toHaveLength(served);
  // Both outcomes are common, so that neither half of the rule is empty.
  expect(served).toBeGreaterThan(count / 10);
  expect(served).toBeLessThan(count * 0.9);
  return { served, refused: count - served };
}

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const withField = (json: string): Buffer =>
  Buffer.from(`${JSON.stringify(chat("mock-fast")).slice(0, -1)},"extra":${json}}`);

/** Bodies that are large in one respect, and what becomes of them. */
export const extremeBodies: { name: string; body: () => Buffer; status: number }[] = [
  { name: "depth 64", body: () => withField(nested(63)), status: 200 },
  { name: "depth 65", body: () => withField(nested(64)), status: 400 },
  { name: "depth 200,000", body: () => withField(nested(200_000)), status: 400 },
  { name: "depth 200,000, unclosed", body: () => Buffer.from("[".repeat(200_000)), status: 400 },
  { name: "a number of 100,000 digits", body: () => withField("9".repeat(100_000)), status: 200 },
  { name: "an exponent of 400 digits", body: () => withField(`1e${"9".repeat(400)}`), status: 200 },
  {
    name: "invalid UTF-8",
    body: () => Buffer.concat([withField('"').subarray(0, -1), Buffer.from([0xc3, 0x28, 0x22, 0x7d])]),
    status: 400,
  },
  {
    name: "an overlong slash",
    body: () => Buffer.concat([withField('"').subarray(0, -1), Buffer.from([0xc0, 0xaf, 0x22, 0x7d])]),
    status: 400,
  },
  {
    name: "half a surrogate pair in the model",
    body: () => Buffer.from('{"model":"\\ud800","messages":[1]}'),
    status: 400,
  },
  {
    name: "a byte order mark",
    body: () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), withField("1")]),
    status: 400,
  },
  { name: "no bytes", body: () => Buffer.alloc(0), status: 400 },
];

/** A million keys in one body of some nine megabytes. */
export function millionKeys(): Buffer {
  const keys = Array.from({ length: 1_000_000 }, (_, index) => `"${index.toString(36)}":0`);
  return Buffer.from(`${JSON.stringify(chat("mock-fast")).slice(0, -1)},${keys.join(",")}}`);
}
