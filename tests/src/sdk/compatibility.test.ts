import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Stack, startStack } from "../harness/stack.ts";
import type { Case, Cell } from "./compatibility/case.ts";
import { type CaseId, caseIds, cases } from "./compatibility/cases.ts";
import type { SdkClient } from "./compatibility/client.ts";
import { aiSdkAnthropic } from "./compatibility/clients/ai-sdk-anthropic.ts";
import { aiSdkOpenai } from "./compatibility/clients/ai-sdk-openai.ts";
import { anthropic } from "./compatibility/clients/anthropic.ts";
import { langchain } from "./compatibility/clients/langchain.ts";
import { openai } from "./compatibility/clients/openai.ts";
import { compatibilityDocument, documentPath } from "./compatibility/document.ts";
import { Outcomes } from "./compatibility/outcomes.ts";
import { type MatrixProvider, matrixProviders } from "./compatibility/providers.ts";

/** Every official SDK through every provider's own wire, which the mock provider speaks, case by case. */

const clients: readonly SdkClient[] = [openai, anthropic, aiSdkOpenai, aiSdkAnthropic, langchain];

let stack: Stack;
const apiKeys = new Map<string, string>();
const outcomes = new Outcomes();

beforeAll(async () => {
  stack = await startStack({ threads: 1 });
  for (const client of clients) {
    for (const provider of matrixProviders) {
      const base_url = `${stack.mockUrl}${provider.path}`;
      const models = caseIds.map((id) => modelOf(client, provider, id));
      const { apiKey } = await stack.createWorkspace({
        providerKeys: [{ provider: provider.name, base_url, models }],
      });
      apiKeys.set(nameOf(client, provider), apiKey);
    }
  }
});
afterAll(() => stack?.[Symbol.asyncDispose]());

describe.concurrent.each([...clients])("$name", (client) => {
  describe.each([...matrixProviders])("to $name", (provider) => {
    const rows = caseIds.map((id) => ({ id, expected: expectation(client, provider, id) }));
    it.each(rows)("$id · $expected", async ({ id }) => {
      await outcomes.record(cellOf(client, provider, id), id);
    });
  });
});

it("docs/compatibility.md · says what the tests found (`npm run docs:compatibility` writes it)", async () => {
  await expect(compatibilityDocument(clients, outcomes)).toMatchFileSnapshot(documentPath);
});

function expectation(client: SdkClient, provider: MatrixProvider, id: CaseId): string {
  if (client.missing[id] !== undefined) return "not offered by the client";
  return provider.lacks[id] === undefined ? cases[id].promise : "refused, naming what is missing";
}

function cellOf(client: SdkClient, provider: MatrixProvider, id: CaseId): Cell {
  const callTo = (target: MatrixProvider, part: string) => ({
    gatewayUrl: stack.proxyUrl,
    apiKey: apiKeys.get(nameOf(client, target)) ?? "",
    model: modelOf(client, target, id),
    requestId: `${id}.${nameOf(client, target)}.${part}`,
  });
  const others = matrixProviders.filter((other) => other !== provider);
  return {
    stack,
    client,
    provider,
    call: (part = "only") => callTo(provider, part),
    callsElsewhere: () => others.map((other) => callTo(other, `from-${provider.name}`)),
  };
}

function nameOf(client: SdkClient, provider: MatrixProvider): string {
  return `${client.name}.${provider.name}`.replace(/[^a-z0-9.]+/g, "-");
}

/** A model name of the cell's own, by which the mock's records of it are found. */
function modelOf(client: SdkClient, provider: MatrixProvider, id: CaseId): string {
  const { behaviour, model = "usual" }: Case = cases[id];
  return `${client.modelNames[model]}?${behaviour}&key=${id}.${nameOf(client, provider)}`;
}
