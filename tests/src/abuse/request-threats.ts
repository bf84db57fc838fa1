import { withDatabase } from "@perpetuo/database/connection";
import { describe, expect, it } from "vitest";
import { headerOf, requestIdOf } from "../harness/gateway-client.ts";
import type { MockRecord } from "../harness/mock-client.ts";
import { ask, type World } from "./world.ts";

/** What the gateway says of itself when it calls a provider, beside the connection's own headers. */
const headersToProviders = [
  "accept",
  "accept-encoding",
  "authorization",
  "connection",
  "content-length",
  "content-type",
  "host",
  "user-agent",
];

/** What a client can put into a request: headers, fields, texts. */
export function testRequestThreats(world: () => World): void {
  testHeaders(world);
  testForgedColumns(world);
  testTexts(world);
  describe("T27 · a body that two readers could read differently", () => {
    it("any spelling of fields · the provider gets the model that the key may use, or nothing", async () => {
      await fuzzModels(world(), 150);
    });
  });
}

function testHeaders(world: () => World): void {
  describe("headers that clients send", () => {
    it("X-Forwarded-For, traces, baggage, cookies, organisations · none reaches the provider", async () => {
      const answer = await ask(world(), "headers", {
        headers: {
          "x-forwarded-for": "10.0.0.1",
          "x-forwarded-host": "attacker.example.com",
          "x-real-ip": "10.0.0.1",
          forwarded: "for=10.0.0.1",
          traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          tracestate: "vendor=secret",
          baggage: "tenant=internal-secret",
          cookie: "session=secret",
          "openai-organization": "org-other",
          "proxy-authorization": "Basic eDp5",
          "x-mock-latency": "60000",
          "x-perpetuo-metadata": '{"team":"secret"}',
        },
      });
      expect(answer.status).toBe(200);
      const record = await onlyRecord(world(), "headers");
      expect(record.headers.map(([name]) => name).sort()).toEqual(headersToProviders);
    });

    it("X-Forwarded-For that names a trusted address · opens nothing", async () => {
      for (const address of ["127.0.0.1", "::1", "10.0.0.1, 127.0.0.1"]) {
        const answer = await ask(world(), "mock", {
          apiKey: "pk_wrong",
          headers: { "x-forwarded-for": address },
        });
        expect(answer.status).toBe(401);
      }
    });

    it.each(["0", "-1", "NaN", "Infinity", "1e9", "999999999", "5.5", "0x10", ""])(
      "x-perpetuo-timeout-ms: %j · 400 naming it",
      async (value) => {
        const answer = await ask(world(), "mock", { headers: { "x-perpetuo-timeout-ms": value } });
        expect([answer.status, JSON.parse(String(answer.body)).error.param]).toEqual([
          400,
          "x-perpetuo-timeout-ms",
        ]);
      },
    );

    it.each(["[]", "null", "{", '{"a":1}', '{"a":{}}', '{"__proto__":{"a":"b"}}', "x".repeat(5_000)])(
      "x-perpetuo-metadata: %.30j · 400 naming it",
      async (value) => {
        const answer = await ask(world(), "mock", { headers: { "x-perpetuo-metadata": value } });
        expect([answer.status, JSON.parse(String(answer.body)).error.param]).toEqual([
          400,
          "x-perpetuo-metadata",
        ]);
      },
    );
  });
}

function testForgedColumns(world: () => World): void {
  describe("T14 · columns of the log as fields of the request", () => {
    it("every column, in body and metadata · the row says what happened", async () => {
      const { stack, workspace } = world();
      const columns = await columnsOf(stack.home.administratorUrl);
      expect(columns).toContain("cost_micros");
      const forgedId = "00000000-0000-4000-8000-000000000000";
      // These three are fields of the request as well.
      const own = new Set(["metadata", "user", "provider"]);
      const forged = Object.fromEntries(
        columns.filter((name) => !own.has(name)).map((name) => [name, forgedId]),
      );
      const members = { ...forged, model: "columns", metadata: { workspace_id: "forged", cost_micros: "0" } };
      const answer = await ask(world(), "columns", { members });
      expect(answer.status).toBe(200);
      const row = await stack.rows.find(requestIdOf(answer));
      expect(row).toMatchObject({ api_key_id: workspace.apiKeys[0]?.id, status_code: 200, provider: "mock" });
      expect(await stack.rows.all(forgedId)).toEqual([]);
      const refused = await ask(world(), "columns", { members: { provider: forgedId } });
      expect([refused.status, JSON.parse(String(refused.body)).error.param]).toEqual([400, "provider"]);
    });
  });
}

function testTexts(world: () => World): void {
  const texts = [
    "a\r\nset-cookie: x=1",
    '\n{"level":"fatal","message":"forged"}',
    "\u001b[2J\u001b]0;owned\u0007",
    "\u202Egnp.exe",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    '=cmd|" /C calc"!A0',
    "@SUM(1+1)",
    "嘍嘊",
    "'; drop table request_logs; --",
  ];

  describe("T18, T19 · texts that a log, a terminal, a page or a spreadsheet could obey", () => {
    it.each(texts)(
      "%j in every place that takes text · stored as it is or refused, and the log stays whole",
      async (text) => {
        const { stack } = world();
        const encoded = JSON.stringify({ note: text }).replace(/[\u007f-\uffff]/g, escaped);
        const answer = await ask(world(), "texts", {
          members: { user: text, metadata: { [text]: text } },
          headers: { "x-perpetuo-metadata": encoded },
        });
        expect(answer.status).toBe(200);
        const row = await stack.rows.find(requestIdOf(answer));
        expect(row).toMatchObject({ user: text, metadata: { [text]: text, note: text } });
        const named = await ask(world(), text);
        expect(named.status).toBe(/\p{Cc}/u.test(text) ? 400 : 200);
        expect(headerOf(named.headers, "set-cookie")).toBeNull();
      },
    );

    it("a request id that is no plain word · is not taken", async () => {
      for (const id of ["a b", "<script>", "x".repeat(129), "=1+1", "%0d%0a"]) {
        const answer = await ask(world(), "mock", { headers: { "x-request-id": id } });
        expect(headerOf(answer.headers, "x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      }
    });

    it("the gateway's own log · JSON lines, no control characters", () => {
      const lines = world()
        .stack.proxy()
        .log()
        .split("\n")
        .filter((line) => line !== "");
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        expect(() => JSON.parse(line), line).not.toThrow();
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
      }
    });
  });
}

const names = ['"model"', '"mod\\u0065l"', '"Model"', '"model "', '"__proto__"', '"constructor"', '"n"'];
const values = [
  '"allowed"',
  '"forbidden"',
  '"allowed\\u0000"',
  '"mock/allowed"',
  '{"model":"forbidden"}',
  "1",
];
const messages = '"messages":[{"role":"user","content":"hi","model":"forbidden"}]';

/** Sends bodies in which `model` is spelled, doubled, nested and hidden in random ways, with a key for one model. */
export async function fuzzModels({ stack, client }: World, runs: number): Promise<void> {
  const { apiKey } = await stack.createWorkspace({ apiKeys: [{ models: ["allowed"] }] });
  const draw = createRandom(20_261_122);
  const pick = (choices: string[]) => choices[draw(choices.length)] as string;
  const bodies = Array.from({ length: runs }, () => {
    const members = Array.from({ length: draw(4) }, () => `${pick(names)}:${pick(values)}`);
    for (let count = draw(3); count > 0; count--) members.splice(draw(members.length + 1), 0, messages);
    return `{${members.join(",")}}`;
  });
  const statuses = new Set<number>();
  const judge = async (body: string): Promise<void> => {
    const { status } = await client.call({ apiKey, body });
    expect([200, 400, 403], body).toContain(status);
    statuses.add(status);
  };
  await judge('{"model":"allowed","messages":[1]}');
  await judge('{"model":"forbidden","messages":[1]}');
  await judge('{"model":"allowed","messages":[1],"model":"forbidden"}');
  for (let from = 0; from < runs; from += 16) await Promise.all(bodies.slice(from, from + 16).map(judge));
  expect([...statuses].sort()).toEqual([200, 400, 403]);
  const reached = new Set((await stack.mock.records()).map(({ model }) => model));
  expect(reached.has("allowed")).toBe(true);
  expect(reached.has("forbidden")).toBe(false);
}

/** Whole numbers below a limit, the same ones in every run (Lehmer's generator). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

async function onlyRecord({ stack }: World, model: string): Promise<MockRecord> {
  const [record, ...others] = await stack.mock.records(model);
  if (record === undefined || others.length > 0)
    throw new Error(`The provider got ${others.length} calls more or none.`);
  return record;
}

const options = { max: 1, applicationName: "perpetuo-test" };

async function columnsOf(administratorUrl: string): Promise<string[]> {
  return withDatabase(administratorUrl, options, async ({ sql }) => {
    const rows = await sql<{ column_name: string }[]>`
      select column_name from information_schema.columns where table_name = 'request_logs'`;
    return rows.map((row) => row.column_name);
  });
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
