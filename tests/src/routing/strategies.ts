import { describe, expect, it } from "vitest";
import { chat, type GatewayAnswer, headerOf, requestIdOf } from "../harness/gateway-client.ts";
import { ask, type RoutingWorld, reasonsOf, routedWorkspace } from "./routed-workspace.ts";

export function strategyScenarios(world: () => RoutingWorld): void {
  describe("strategies", () => {
    it("weighted · each key gets about its share", () => splitByWeight(world()));
    it("least-cost · the cheapest first, an unknown price last, with the sums in the row", () =>
      chooseByCost(world()));
    it("least-latency · both are measured, then nearly all go to the faster one, whichever thread measured", () =>
      chooseByLatency(world()));
  });
}

async function splitByWeight({ stack, client }: RoutingWorld): Promise<void> {
  const workspace = await routedWorkspace(stack, {
    providerKeys: [{}, {}],
    routes: [
      {
        models: ["split"],
        strategy: "weighted",
        targets: [
          { key: 0, weight: 1 },
          { key: 1, weight: 4 },
        ],
      },
    ],
  });
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => client.call({ apiKey: workspace.apiKey, body: chat("split") })),
  );
  const rows = await stack.rows.untilLogged(workspace.id, answers.map(requestIdOf));
  const heavy = rows.filter((row) => row.provider_key_id === workspace.providerKeyIds[1]).length;
  // Four standard deviations around 80.
  expect(heavy).toBeGreaterThan(64);
  expect(heavy).toBeLessThan(96);
  expect(rows.map(reasonsOf)).toEqual(Array(100).fill(["weight 1 of 5", "weight 4 of 5"]));
}

async function chooseByCost({ stack, client }: RoutingWorld): Promise<void> {
  const workspace = await routedWorkspace(stack, {
    routes: [
      {
        models: ["cheap"],
        strategy: "least-cost",
        targets: [
          { key: 0, model: "unknown" },
          { key: 0, model: "dear" },
          { key: 0, model: "small" },
        ],
      },
    ],
    prices: [
      { provider: "mock", model: "dear", input: 3_000_000, output: 15_000_000 },
      { provider: "mock", model: "small", input: 100_000, output: 400_000 },
    ],
  });
  const { row } = await ask({ stack, client }, workspace, { model: "cheap" });
  expect(row.upstream_model).toBe("small");
  expect(row.plan.map(({ upstream_model }) => upstream_model)).toEqual(["small", "dear", "unknown"]);
  const [small, dear, unknown] = reasonsOf(row);
  expect([small, dear]).toEqual([
    expect.stringMatching(/^about \$0\.000/),
    expect.stringMatching(/^about \$0\.007/),
  ]);
  expect(unknown).toBe("no known price, so last");
}

async function chooseByLatency({ stack, client }: RoutingWorld): Promise<void> {
  const workspace = await routedWorkspace(stack, {
    routes: [
      {
        models: ["quick"],
        strategy: "least-latency",
        targets: [
          { key: 0, model: "slow?latency=600" },
          { key: 0, model: "fast?latency=0" },
        ],
      },
    ],
  });
  const askAtOnce = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () => client.call({ apiKey: workspace.apiKey, body: chat("quick") })),
    );
  const modelsOf = (answers: GatewayAnswer[]) =>
    answers.map(({ headers }) => headerOf(headers, "x-perpetuo-model"));
  // While nobody is measured each is as likely as the other; then one request in ten still asks the other one.
  const seen = new Set<string | null>();
  for (let turn = 0; seen.size < 2 && turn < 50; turn++) {
    for (const model of modelsOf(await askAtOnce(8))) seen.add(model);
  }
  expect(seen.size).toBe(2);
  const answers = await askAtOnce(30);
  expect(modelsOf(answers).filter((model) => model === "fast?latency=0").length).toBeGreaterThan(20);
  const row = await stack.rows.find(requestIdOf(answers[0] ?? { headers: {} }));
  expect(reasonsOf(row)).toEqual(Array(2).fill(expect.stringMatching(/^\d+ ms to the first byte$/)));
}
