import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { withDatabase } from "@perpetuo/database/connection";
import { describe, expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import { chat } from "../harness/gateway-client.ts";
import { tellingModels } from "./telling-upstream.ts";
import { ask, type World } from "./world.ts";

const providerSecret = "sk-canary-7f3a9c51e2d84b60";

/** Ways in which the mock provider fails, as models. */
const failures = [
  ...["mock?hang=head", "mock?cut=2", "mock?cut=2&cut_manner=end", "mock?cut=2&cut_manner=error"],
  ...["mock?hang=stream", "mock?first_event_error=1", "mock?status=401", "mock?status=503"],
];

/** T20: secrets whose text would be recognised anywhere, through every failure; then everything that was written. */
export function testCanaries(world: () => World): void {
  describe("T20 · secrets", () => {
    it("through failing answers that repeat the credential · none reaches the client, a log, the spool or the database", async () => {
      const { stack, client, telling } = world();
      const { apiKey } = await stack.createWorkspace({
        providerKeys: tellingModels.map((model) => ({
          provider: "openai-compatible" as const,
          secret: `${providerSecret}-${model}`,
          models: [model],
        })),
      });
      const calls = tellingModels.flatMap((model) => [false, true].map((stream) => ({ model, stream })));
      const said = await Promise.all(
        calls
          // A stream that nobody asked for is handed on as what it says it is: a success.
          .filter(({ model, stream }) => stream || model !== "first-event")
          .map(async ({ model, stream }) => {
            const answer = await client.call({ apiKey, body: chat(model, { stream }) });
            return `${model}: ${answer.status} ${JSON.stringify(answer.headers)} ${answer.body}`;
          }),
      );
      expect(telling.told().size).toBe(tellingModels.length);
      const places = await everythingWritten(world());
      for (const text of said) expect(text).not.toContain("canary");
      for (const [place, text] of places) expect(findSecrets(text, world(), apiKey), place).toEqual([]);
      const bytes = [...places.values()].reduce((sum, text) => sum + text.length, 0);
      report(
        `secrets: ${said.length} answers and ${bytes} bytes of log, spool and database searched, none found`,
      );
    });

    it("in the wrong place or of the wrong form · an API key is not repeated or written down", async () => {
      const { stack, workspace } = world();
      const { apiKey } = workspace;
      const wrong: [string, RequestInit][] = [
        [`/v1/models?api_key=${apiKey}`, {}],
        ["/v1/models", { headers: { authorization: `Basic ${apiKey}` } }],
        ["/v1/models", { headers: { authorization: `Bearer ${apiKey}x` } }],
        ["/v1/models", { headers: { authorization: `Bearer ${apiKey}, ${apiKey}` } }],
        ["/v1/models", { headers: { authorization: `Bearer ${apiKey}`, "x-api-key": apiKey } }],
      ];
      for (const [target, init] of wrong) {
        const answer = await fetch(stack.proxyUrl + target, init);
        expect([400, 401]).toContain(answer.status);
        expect((await answer.text()) + JSON.stringify([...answer.headers])).not.toContain(apiKey);
      }
      for (const [place, text] of await everythingWritten(world())) expect(text, place).not.toContain(apiKey);
    });
  });
}

/** The same for calls that hang, break off and are left, which take their time. */
export function testCanariesInFailures(world: () => World): void {
  it("T20 · through hangs, cuts and departures · no secret in any log, the spool or the database", async () => {
    const { stack, client } = world();
    const { apiKey } = await stack.createWorkspace({ providerKeys: [{ secret: providerSecret }] });
    for (const model of failures) {
      for (const stream of [false, true]) {
        const headers = { "x-perpetuo-timeout-ms": "300" };
        const answer = await client.call({ apiKey, body: chat(model, { stream }), headers });
        expect(`${JSON.stringify(answer.headers)} ${answer.body}`).not.toContain("canary");
      }
    }
    await client.abortAfter({ apiKey, body: chat("mock?chunks=endless&pace=5", { stream: true }) }, 3);
    await ask(world(), "mock", { apiKey });
    for (const [place, text] of await everythingWritten(world())) {
      expect(findSecrets(text, world(), apiKey), place).toEqual([]);
    }
  });
}

/** Which secrets stand in a text, by name, so that a failure does not print them. */
function findSecrets(text: string, { stack }: World, apiKey: string): string[] {
  const password = new URL(stack.postgres.proxyUrl).password;
  const secrets = {
    "provider key": providerSecret,
    "API key": apiKey,
    "master key": stack.home.masterKey,
    "database password": password,
  };
  return Object.entries(secrets)
    .filter(([, secret]) => text.includes(secret))
    .map(([name]) => name);
}

/** Everything that the services have written: their logs, their folder, every table. */
async function everythingWritten({ stack, dataDir }: World): Promise<Map<string, string>> {
  const places = new Map([["the gateway's log", stack.proxy().log()]]);
  const files = await readdir(dataDir, { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile())) {
    const name = path.join(file.parentPath, file.name);
    // A segment can be flushed and removed meanwhile; its rows are in the database then.
    const text = await readFile(name, "utf8").catch(() => "");
    places.set(name, text);
  }
  await withDatabase(
    stack.home.administratorUrl,
    { max: 1, applicationName: "perpetuo-test" },
    async ({ sql }) => {
      const tables = await sql<{ table_name: string }[]>`
      select table_name from information_schema.tables where table_schema = 'public'`;
      expect(tables.length).toBeGreaterThan(10);
      for (const { table_name } of tables) {
        const rows = await sql<{ text: string }[]>`select t::text as text from ${sql(table_name)} t`;
        places.set(`table ${table_name}`, rows.map(({ text }) => text).join("\n"));
      }
    },
  );
  return places;
}
