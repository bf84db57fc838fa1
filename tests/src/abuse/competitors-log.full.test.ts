import { expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import { errorCode, headerOf } from "../harness/gateway-client.ts";
import { residentBytes } from "../harness/process-tree.ts";
import type { Stack } from "../harness/stack.ts";
import { connectToEveryThread } from "../harness/thread-connections.ts";
import type { TestWorkspace } from "../harness/workspace.ts";
import { ask, startWorld, type World } from "./world.ts";

const mebibyte = 1024 * 1024;

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
  const before = await stack.rows.untilCount(workspace.id, 1);
  const pids = await stack.proxy().pids();
  const memory = await residentBytes(pids);
  await stack.postgres.stop();
  const served: string[] = [];
  let refused = false;
  for (let round = 0; !refused && round < 100; round++) {
    const answers = await Promise.all(Array.from({ length: 32 }, () => ask(world, "mock-fast?chunks=1")));
    for (const { status, headers, body } of answers) {
      if (status === 200) served.push(headerOf(headers, "x-request-id") ?? "");
      else refused = errorCode(body) === "spool_full";
    }
  }
  expect(refused).toBe(true);
  const growth = ((await residentBytes(pids)) - memory) / mebibyte;
  await stack.postgres.start();
  report(`database away: ${served.length} answers, then 503; the processes grew by ${growth.toFixed(0)} MiB`);
  expect(growth).toBeLessThan(128);
  await untilLogged(stack, workspace, { served, earlier: before.length });
}

async function untilLogged(
  stack: Stack,
  workspace: TestWorkspace,
  { served, earlier }: { served: string[]; earlier: number },
): Promise<void> {
  const rows = await stack.rows.untilCount(workspace.id, earlier + served.length, 30_000);
  const logged = rows.map(({ request_id }) => request_id);
  const wanted = new Set(served);
  expect(logged.filter((id) => wanted.has(id)).toSorted()).toEqual(served.toSorted());
}
