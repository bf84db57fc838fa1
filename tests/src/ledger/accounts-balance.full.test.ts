import { it } from "vitest";
import { checkThatAccountsBalance } from "./accounts-balance.ts";

it("20,000 mixed requests · rows, counters and the provider's tokens agree", async () => {
  await checkThatAccountsBalance(20_000);
});
