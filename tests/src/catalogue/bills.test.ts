import type { ListedModelPrice } from "@perpetuo/contracts/api/models";
import { withDatabase } from "@perpetuo/database/connection";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signUp } from "../harness/control-api.ts";
import { runDocumentedCommands } from "../harness/documented-commands.ts";
import type { RequestRow } from "../harness/request-rows.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { matrixProviders } from "../sdk/compatibility/providers.ts";

/** The mock's answer has three tokens from its cache and four of reasoning among its output. */
const model = "twin?cached=3&reasoning=4&chunks=9";
/** Micro-dollars a token, each of its own, so that a token of a wrong kind or counted twice shows. */
const rates = { input: 1_000, cached: 10, output: 100_000, reasoning: 7_000_000 };

/** Presets are keys like others: here their host is the mock. */
const providers = [
  ...matrixProviders,
  { name: "groq", path: "/v1" },
  { name: "openrouter", path: "/v1" },
] as const;

let stack: Stack;
const apiKeys = new Map<string, string>();

beforeAll(async () => {
  stack = await startStack({ threads: 1, control: true });
  for (const { name: provider, path } of providers) {
    const key = { provider, base_url: `${stack.mockUrl}${path}`, models: [model] };
    const workspace = await stack.createWorkspace({ providerKeys: [key] });
    await priceModel(workspace.id, provider);
    apiKeys.set(provider, workspace.apiKey);
  }
});
afterAll(() => stack?.[Symbol.asyncDispose]());

async function priceModel(workspaceId: string, provider: string): Promise<void> {
  const perMillion = (micros: number) => micros * 1_000_000;
  await withDatabase(stack.home.administratorUrl, { max: 1, applicationName: "test" }, ({ sql }) => {
    const price = {
      workspace_id: workspaceId,
      provider,
      model,
      input_micros_per_million: perMillion(rates.input),
      cached_input_micros_per_million: perMillion(rates.cached),
      output_micros_per_million: perMillion(rates.output),
      reasoning_micros_per_million: perMillion(rates.reasoning),
    };
    return sql`insert into model_price_overrides ${sql(price)}`;
  });
}

type Usage = { prompt_tokens: number; completion_tokens: number; total_tokens: number };

type Asked = { apiKey: string | undefined; model: string; stream: boolean };

/** The usage that the client sees, and the row of its request. */
async function ask({ apiKey, model, stream }: Asked): Promise<{ usage: Usage; row: RequestRow }> {
  const answer = await fetch(`${stack.proxyUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({
      model,
      messages: [{ role: "user", content: "What does a stream cost?" }],
      ...(stream && { stream, stream_options: { include_usage: true } }),
    }),
  });
  const text = await answer.text();
  expect([answer.status, text]).toEqual([200, expect.stringContaining('"usage"')]);
  const whole = stream
    ? text
        .split("\n")
        .findLast((line) => line.includes('"usage":{'))
        ?.slice(6)
    : text;
  const { usage } = JSON.parse(whole ?? "{}") as { usage: Usage };
  return { usage, row: await stack.rows.find(answer.headers.get("x-request-id") ?? "") };
}

test.concurrent.each(providers)(
  "$name · a stream is billed as its whole twin, each token once",
  async ({ name }) => {
    const asked = { apiKey: apiKeys.get(name), model };
    const [whole, stream] = await Promise.all([
      ask({ ...asked, stream: false }),
      ask({ ...asked, stream: true }),
    ]);
    for (const { usage, row } of [whole, stream]) {
      expect(usage.prompt_tokens + usage.completion_tokens).toBe(usage.total_tokens);
      const {
        input_tokens: input,
        cached_input_tokens: cached,
        output_tokens: output,
        reasoning_tokens,
      } = row;
      const cost =
        (input - cached) * rates.input +
        cached * rates.cached +
        (output - reasoning_tokens) * rates.output +
        reasoning_tokens * rates.reasoning;
      expect(row).toMatchObject({ provider: name, usage_estimated: false, cost_micros: cost });
      expect(row.attempts).toMatchObject([
        { outcome: "ok", input_tokens: input, output_tokens: output, cost_micros: cost },
      ]);
    }
    const counts = ({ row }: typeof whole) => [
      row.input_tokens,
      row.cached_input_tokens,
      row.output_tokens,
      row.reasoning_tokens,
      row.cost_micros,
    ];
    expect(counts(stream)).toEqual(counts(whole));
    expect(stream.usage).toEqual(whole.usage);
  },
);

test("keys without a list · the catalogue's models at its prices, and a host's new ones under its prefix at none", async () => {
  const { apiKey } = await stack.createWorkspace({
    providerKeys: [
      { provider: "openai", base_url: `${stack.mockUrl}/v1` },
      { provider: "groq", base_url: `${stack.mockUrl}/v1` },
    ],
  });
  const listed = await ask({ apiKey, model: "gpt-4.1", stream: false });
  const { input_tokens, output_tokens } = listed.row;
  expect(listed.row).toMatchObject({
    provider: "openai",
    upstream_model: "gpt-4.1",
    // $2 and $8 a million tokens.
    cost_micros: input_tokens * 2 + output_tokens * 8,
  });
  const unlisted = await ask({ apiKey, model: "groq/made-yesterday", stream: true });
  expect(unlisted.row).toMatchObject({
    provider: "groq",
    upstream_model: "made-yesterday",
    cost_micros: null,
    attempts: [{ outcome: "ok", cost_micros: null }],
  });
});

test("docs/catalogue.md · the commands of a price of one's own run as written", async () => {
  const user = await signUp(stack.controlUrl);
  const section = { file: "docs/catalogue.md", heading: "## A price of one's own" };
  const printed = await runDocumentedCommands(section, { stack, user });
  expect(printed).not.toContain('"success":false');
  // The catalogue's price first, then the deployment's own.
  expect(printed).toMatch(/"price_source": "litellm .*genai-prices .*; read \d{4}-\d\d-\d\d"/);
  expect(printed).toMatch(/"model": "our-deployment",[^}]*"cached_input_micros_per_million": 2000000/);
  const { items } = await user.get<{ items: ListedModelPrice[] }>("/models");
  const own = items.filter(({ source }) => source === "workspace");
  expect(own.map(({ provider, model, tiers }) => [provider, model, tiers.length])).toEqual([
    ["azure", "our-deployment", 1],
  ]);
});
