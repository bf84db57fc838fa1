import { it } from "vitest";
import { checkDatabaseOutage } from "./database-outage.ts";

it("PostgreSQL away for 5 s · cached keys served, unknown keys 503, every row arrives", async () => {
  await checkDatabaseOutage(5000);
});
