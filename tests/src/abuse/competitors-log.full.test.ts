import { expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import { errorCode, requestIdOf } from "../harness/gateway-client.ts";
import { residentBytes } from "../harness/process-tree.ts";
import { connectToEveryThread } from "../harness/thread-connections.ts";
import { ask, startWorld, type World } from "./world.ts";

const mebibyte = 1024 * 1024;
/** The spool is weighed after each attempt to reach the database, and attempts come ever later. */
const fullWithinMs = 60_000;

it("#21514 · with the database away, log records are bounded on disk and not in memory, and none is lost", async () => {
  const environment = { PERPETUO_MAX_SPOOL_BYTES: "1048576" };
  await using world = await startWorld({ postgres: "own", environment });
  await fillSpool(world);
});

async function fillSpool(world: World): Promise<void> {
  const { stack, workspace } = world;
  // Each thread knows the key from here on.
  for (const connection of await connectToEveryThread(stack, { threads: 2, apiKey: workspace.apiKey })) {
    await connection[Symbol.asyncDispose]();
  }
  const pids = await stack.proxy().pids();
  const memory = await residentBytes(pids);
  await stack.postgres.stop();
  const statuses = await askUntilRefused(world);
  const growth = ((await residentBytes(pids)) - memory) / mebibyte;
  await stack.postgres.start();
  const served = [...statuses].flatMap(([requestId, status]) => (status === 200 ? requestId : []));
  report(`database away: ${served.length} answers, then 503; the processes grew by ${growth.toFixed(0)} MiB`);
  expect(growth).toBeLessThan(128);
  const rows = await stack.rows.untilLogged(workspace.id, served, 120_000);
  const logged = rows.map(({ request_id }) => request_id).filter((requestId) => statuses.has(requestId));
  expect(logged.toSorted()).toEqual(served.toSorted());
}

/** The status of each request by its id. The refused ones have no rows, which would take room as well. */
async function askUntilRefused(world: World): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  const deadline = performance.now() + fullWithinMs;
  for (let isRefused = false; !isRefused; ) {
    expect(performance.now()).toBeLessThan(deadline);
    const answers = await Promise.all(Array.from({ length: 32 }, () => ask(world, "mock-fast?chunks=1")));
    for (const answer of answers) {
      const { status, body } = answer;
      if (status !== 200) expect([status, errorCode(body)]).toEqual([503, "spool_full"]);
      statuses.set(requestIdOf(answer), status);
      isRefused ||= status === 503;
    }
  }
  return statuses;
}
