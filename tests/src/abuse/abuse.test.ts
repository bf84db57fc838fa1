import { afterAll, beforeAll } from "vitest";
import { testBehindNginx } from "./behind-nginx.ts";
import { testCanaries } from "./canaries.ts";
import { testCompetitorsAccess } from "./competitors-access.ts";
import { testCompetitorsMoney } from "./competitors-money.ts";
import { testCompetitorsRoles } from "./competitors-roles.ts";
import { testFraming } from "./framing.ts";
import { testRequestThreats } from "./request-threats.ts";
import { testUpstreamThreats } from "./upstream-threats.ts";
import { startWorld } from "./world.ts";

let running: Awaited<ReturnType<typeof startWorld>>;
beforeAll(async () => {
  running = await startWorld();
});
afterAll(() => running[Symbol.asyncDispose]());

const world = () => running;
testUpstreamThreats(world);
testRequestThreats(world);
testCompetitorsAccess(world);
testCompetitorsRoles(world);
testCompetitorsMoney(world);
testCanaries(world);
testFraming(world);
testBehindNginx(world);
