import { withDatabase } from "@perpetuo/database/connection";
import { internalUrls } from "@perpetuo/security/address-filter.test-corpus";
import { describe, expect, it } from "vitest";
import { chat, errorCode } from "../harness/gateway-client.ts";
import type { World } from "./world.ts";

/** A row of the log names every provider key of its workspace. */
const keysOfWorkspace = 13;

/** Ways to write this machine's address with the trap's port, for a gateway that may not dial private addresses. */
const localHosts = [
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f.1",
  "0177.0.0.1",
  "①②⑦.⓪.⓪.①",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "0",
  "0.0.0.0",
  "[::]",
  "localhost",
  "localhost.",
  "127.0.0.1.nip.io",
  "rebound.example.com",
];

/** T5 to T7 and T9: where a provider key can make the gateway connect to. */
export function testUpstreamThreats(world: () => World): void {
  testAddresses(world);
  testRedirects(world);
  testMovedCredentials(world);
}

function testAddresses(world: () => World): void {
  describe("T5, T6 · a base URL that leads inside", () => {
    const urls = (): string[] => [
      ...localHosts.map((host) => `http://${host}:${world().trap.port}/v1`),
      ...internalUrls.map((url) => (new URL(url).pathname === "/" ? `${url}/v1` : url)),
    ];

    it(`${localHosts.length + internalUrls.length} spellings, and names that resolve here now · refused when dialled, no connection`, async () => {
      const outcomes: unknown[] = [];
      for (let from = 0; from < urls().length; from += keysOfWorkspace) {
        outcomes.push(...(await callUrls(world(), urls().slice(from, from + keysOfWorkspace))));
      }
      expect(outcomes).toEqual(urls().map((url) => [url, 502, "upstream_address_refused"]));
      expect(world().trap.caught()).toEqual([]);
    });

    it("the trap · catches whoever does connect", async () => {
      const before = world().trap.caught().length;
      await fetch(`http://127.0.0.1:${world().trap.port}/control`);
      expect(world().trap.caught().slice(before).join()).toContain("GET /control");
    });
  });
}

function testRedirects(world: () => World): void {
  describe("T7 · a provider that redirects", () => {
    it.each([301, 302, 303, 307, 308])("%i to the inside · 502, not followed", async (status) => {
      const { client, trap, workspace } = world();
      const before = trap.caught().length;
      const location = encodeURIComponent(`location:http://127.0.0.1:${trap.port}/steal`);
      const body = chat(`mock?status=${status}&header=${location}`);
      const answer = await client.call({ apiKey: workspace.apiKey, body });
      expect([answer.status, errorCode(answer.body)]).toEqual([502, "upstream_redirect"]);
      expect(answer.headers["location"]).toBeUndefined();
      expect(trap.caught().slice(before)).toEqual([]);
    });
  });
}

function testMovedCredentials(world: () => World): void {
  describe("T9 · a stored credential whose surroundings change", () => {
    const moves: [what: string, statement: string][] = [
      [
        "another origin",
        "update provider_keys set base_url = 'https://attacker.example.com/v1' where id = $1",
      ],
      ["another provider", "update provider_keys set provider = 'openai' where id = $1"],
    ];

    it.each(moves)(
      "%s, written past the control plane · it does not open, and nobody is called",
      async (_what, statement) => {
        const { stack, client, trap } = world();
        const { apiKey, providerKeyIds } = await stack.createWorkspace({
          providerKeys: [{ models: ["moved"] }],
        });
        const options = { max: 1, applicationName: "perpetuo-test" };
        await withDatabase(stack.home.administratorUrl, options, async ({ sql }) => {
          await sql.unsafe(statement, providerKeyIds);
        });
        const before = trap.caught().length;
        const answer = await client.call({ apiKey, body: chat("moved") });
        expect(answer.status).toBeGreaterThanOrEqual(500);
        expect(errorCode(answer.body)).not.toBe("upstream_address_refused");
        expect(trap.caught().slice(before)).toEqual([]);
        expect(await stack.mock.records("moved")).toEqual([]);
      },
    );
  });
}

/** Calls each URL as the base URL of a provider key of one workspace. */
async function callUrls({ stack, client }: World, urls: string[]): Promise<unknown[]> {
  const providerKeys = urls.map((base_url, index) => ({
    provider: "openai-compatible" as const,
    base_url,
    models: [`inside-${index}`],
  }));
  const { apiKey } = await stack.createWorkspace({ providerKeys });
  const answers = urls.map(async (url, index) => {
    const answer = await client.call({ apiKey, body: chat(`inside-${index}`) });
    return [url, answer.status, errorCode(answer.body)];
  });
  return Promise.all(answers);
}
