import { expect } from "vitest";
import { report } from "../harness/figures.ts";
import { chat, errorCode, type GatewayClient, headerOf, requestIdOf } from "../harness/gateway-client.ts";
import type { Stack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";
import { unitPrices } from "../harness/workspace.ts";

/** Answers overlap, so that every request is judged while others are under way. */
export const honest = "mock?latency=150&chunks=8";
/** Reports three times what it wrote. */
const dishonest = "mock?latency=150&chunks=8&usage_factor=3";
const outputTokens = 8;

export type BudgetRace = {
  stack: Stack;
  /** The requests take turns between them. */
  callers: GatewayClient[];
  /** Where the race ran, for the figure. */
  title: string;
};

/**
 * 200 requests at once on a budget for ten, where every tenth answer costs three times its estimate. What was spent beyond the budget is
 * at most what answers cost beyond their estimates; afterwards the budget can be used up to its last estimate, so that nothing
 * stays reserved.
 */
export async function spendAtOnce({ stack, callers, title }: BudgetRace): Promise<void> {
  const body = (model: string) => chat(model, { max_tokens: outputTokens });
  const messagesBytes = JSON.stringify((chat("") as { messages: unknown }).messages).length;
  const estimate = Math.ceil(messagesBytes / 3) + outputTokens;
  const budget = estimate * 10;
  const workspace = await stack.createWorkspace({
    apiKeys: [{ limits: { budget_daily_micros: budget } }],
    prices: unitPrices(honest, dishonest),
  });
  const send = (index: number, model: string) =>
    (callers[index % callers.length] as GatewayClient).call({ apiKey: workspace.apiKey, body: body(model) });
  const spent = async () => {
    const { input_tokens, output_tokens } = await stack.rows.counters(workspace.id);
    return input_tokens + output_tokens;
  };

  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      send(index, index % 20 === 0 || index % 20 === 11 ? dishonest : honest),
    ),
  );
  const passed = answers.filter(({ status }) => status === 200).length;
  expect(passed).toBeGreaterThanOrEqual(1);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expect(errorCode(answer.body)).toBe("insufficient_quota");
    expect(headerOf(answer.headers, "x-should-retry")).toBe("false");
  }
  const rows = await stack.rows.untilLogged(workspace.id, answers.map(requestIdOf));
  const excess = rows.reduce(
    (sum, row) => sum + Math.max(0, row.input_tokens + row.output_tokens - estimate),
    0,
  );
  const overspent = Math.max(0, (await spent()) - budget);
  expect(overspent).toBeLessThanOrEqual(excess);

  // One at a time, what was reserved and not taken can be spent. A settlement reaches Redis shortly after its answer.
  const later: string[] = [];
  let sent = answers.length;
  await waitUntil(
    async () => {
      const answer = await send(sent++, honest);
      later.push(requestIdOf(answer));
      if (answer.status === 200) return null;
      await stack.rows.untilLogged(workspace.id, later);
      return (await spent()) > budget - estimate ? answer.status : null;
    },
    { what: "the budget to be used up to its last estimate", timeoutMs: 20_000 },
  );
  report(
    `200 at once on a budget for 10, ${title}: ${passed} passed, overspent by ${overspent} of ${budget} micro-dollars, answers beyond their estimates by ${excess}; then spent to ${await spent()}, nothing reserved`,
  );
}
