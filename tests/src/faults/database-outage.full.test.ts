import { it } from "vitest";
import { checkDatabaseOutage } from "./database-outage.ts";

it("PostgreSQL away for 30 s · cached keys served, unknown keys 503, every row arrives", async () => {
  await checkDatabaseOutage(30_000);
});
