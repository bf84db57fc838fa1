import { it } from "vitest";
import { checkThatAccountsBalance } from "./accounts-balance.ts";

it("2,000 mixed requests · rows, counters and the provider's tokens agree", async () => {
  await checkThatAccountsBalance(2000);
});
