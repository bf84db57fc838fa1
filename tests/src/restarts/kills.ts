import { setTimeout as delay } from "node:timers/promises";
import { withDatabase } from "@perpetuo/database/connection";
import { expect } from "vitest";
import { report } from "../harness/figures.ts";
import { createGatewayClient, type GatewayClient } from "../harness/gateway-client.ts";
import { killAll, signal, untilEnded } from "../harness/process-tree.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";
import type { TestWorkspace } from "../harness/workspace.ts";
import { assertLedger } from "../ledger/assert-ledger.ts";
import { type ClientLedger, createClientLedger } from "../ledger/client-ledger.ts";
import { childrenOf, occurrences, rollOnce, untilOneGeneration } from "./roll.ts";

/** Who is killed in the middle of a rolling restart. */
export type Victim = "new, before it serves" | "new, once it serves" | "old" | "supervisor";

/** A stream that lasts until its client leaves or its process dies. */
const streamModel = "mock?chunks=endless&pace=100";
const mostBroken: Record<Victim, number> = {
  "new, before it serves": 0,
  "new, once it serves": 40,
  old: 1,
  // Nobody has the port until it is started again.
  supervisor: Number.POSITIVE_INFINITY,
};
/** Whether the stream that began before the restart is cut. */
const cutsOldStream: Record<Victim, boolean> = {
  "new, before it serves": false,
  "new, once it serves": false,
  old: true,
  supervisor: true,
};

/** A port that is closed refuses at once; a loop without a pause would do nothing else. */
const pauseAfterFailureMs = 50;

type Scene = { stack: Stack; client: GatewayClient; ledger: ClientLedger; workspace: TestWorkspace };

/** Kills in turn whoever takes part in a rolling restart. The rest goes on, and the books agree afterwards. */
export async function checkThatKillsInRestartsAreBorne(victims: readonly Victim[]): Promise<void> {
  await using stack = await startStack({
    threads: 2,
    environment: { PERPETUO_DRAIN_GRACE_MS: "30000" },
  });
  await using client = createGatewayClient(stack.proxyUrl, 64, "fresh");
  for (const victim of victims) {
    const workspace = await stack.createWorkspace({
      apiKeys: [{}, { limits: { concurrent_requests: 1 } }],
    });
    const ledger = createClientLedger(client, victim.replaceAll(/\W+/g, "-"));
    await killDuringRestart(victim, { stack, client, ledger, workspace });
  }
}

async function killDuringRestart(victim: Victim, scene: Scene): Promise<void> {
  const { stack, ledger, workspace } = scene;
  // The one place that this key has: whoever counts knows that it is taken.
  const apiKey = workspace.apiKeys[1]?.text ?? "";
  const ask = () => ledger.send({ workspace, apiKey, model: "mock?chunks=3&echo=1" });
  await untilOneGeneration(stack, 30_000);
  const stream = await openStream(scene, apiKey);
  const load = startLoad(scene);
  const startedAt = performance.now();
  try {
    await kills[victim](scene);
  } finally {
    await load.stop();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (!cutsOldStream[victim]) expect((await ask()).record.errorCode).toBe("rate_limit_exceeded");
  if (cutsOldStream[victim]) expect(await stream.untilCut()).toBe("info");
  else expect(await stream.leave()).toBe("client_aborted");
  // What was under way in a process that is gone is not under way any more.
  await waitUntil(async () => ((await ask()).record.outcome === "ok" ? true : null), {
    what: "the stream's place to be free",
    timeoutMs: 10_000,
    details: stack.proxy().log,
  });
  const balance = await assertLedger({ stack, ledger, mayBreak: mostBroken[victim] });
  report(
    `kill -9 during a rolling restart (${victim}): ${JSON.stringify(balance.outcomes)}, every answer has its one row; ` +
      `${seconds.toFixed(1)} s until one generation served and none was starting`,
  );
}

/** Two requests at any time, through whatever happens. */
function startLoad({ ledger, workspace }: Scene): { stop(): Promise<void> } {
  let isRunning = true;
  const requester = async (): Promise<void> => {
    while (isRunning) {
      const { record } = await ledger.send({ workspace, model: "mock?chunks=3&echo=1" });
      if (record.outcome !== "ok") await delay(pauseAfterFailureMs);
    }
  };
  const requesters = [requester(), requester()];
  return {
    async stop() {
      isRunning = false;
      await Promise.all(requesters);
    },
  };
}

const kills: Record<Victim, (scene: Scene) => Promise<void>> = {
  async "new, before it serves"({ stack, ledger, workspace }) {
    const proxy = stack.proxy();
    // Every thread gets to know the key while there are connections for a look-up.
    for (let sent = 0; sent < 30; sent++) await ledger.send({ workspace, model: "mock?chunks=3&echo=1" });
    // A new generation gets no connection to the database, and therefore not ready.
    await limitConnections(stack, 0);
    signal(proxy.pid, "SIGHUP");
    await killAll([await newest(stack, 2)]);
    await untilLogged(stack, keptLine, 1);
    await limitConnections(stack, -1);
    expect(await childrenOf(stack)).toHaveLength(1);
  },
  async "new, once it serves"({ stack }) {
    await rollOnce(stack);
    const before = occurrences(stack.proxy().log(), replacedLine);
    await killAll([await newest(stack, 2)]);
    // The old one takes the port again, until another new one has it.
    await untilLogged(stack, resumedLine, 1);
    await untilLogged(stack, replacedLine, before + 1);
  },
  async old({ stack }) {
    await rollOnce(stack);
    const [oldest = 0] = await childrenOf(stack);
    await killAll([oldest]);
  },
  async supervisor({ stack }) {
    await rollOnce(stack);
    const pids = await stack.proxy().pids();
    await stack.proxy().killHard();
    await untilEnded(pids);
    await stack.startProxy();
  },
};

const keptLine = "The new generation did not come up";
const resumedLine = "The generation before serves on";
const replacedLine = "The new generation serves";

async function untilLogged(stack: Stack, line: string, count: number): Promise<void> {
  const { log } = stack.proxy();
  await waitUntil(async () => (occurrences(log(), line) >= count ? true : null), {
    what: `"${line}" in the log`,
    timeoutMs: 30_000,
    details: log,
  });
}

/** How many connections there may be to the stack's database; those that exist stay, and a superuser's do not count. */
async function limitConnections({ postgres }: Stack, limit: number): Promise<void> {
  const options = { max: 1, applicationName: "perpetuo-test" };
  await withDatabase(postgres.administratorUrl, options, async ({ sql }) => {
    const database = new URL(postgres.administratorUrl).pathname.slice(1);
    await sql`alter database ${sql(database)} connection limit ${sql.unsafe(String(limit))}`;
  });
}

/** The youngest of so many serving processes, as soon as there are so many. */
async function newest(stack: Stack, count: number): Promise<number> {
  return waitUntil(
    async () => {
      const children = await childrenOf(stack);
      return children.length >= count ? (children.at(-1) ?? null) : null;
    },
    { what: `${count} generations`, timeoutMs: 10_000, pollMs: 5, details: stack.proxy().log },
  );
}

/** A stream whose client leaves when it is told to; how it ended is what the client knows. */
async function openStream(
  { stack, client, ledger, workspace }: Scene,
  apiKey: string,
): Promise<{ leave(): Promise<string>; untilCut(): Promise<string> }> {
  const intent = ledger.intend({ workspace, apiKey, model: streamModel, members: { stream: true } });
  const stop = new AbortController();
  const ended = client.call({ ...intent.call, signal: stop.signal }).then(
    (answer) => intent.answered(answer),
    (error: Error) =>
      intent.ended(stop.signal.aborted ? "client_aborted" : "info", { detail: error.message }),
  );
  await waitUntil(
    async () => {
      const records = await stack.mock.records(streamModel);
      return records.some(({ user }) => user === intent.record.requestId) ? true : null;
    },
    { what: "the stream to be under way", timeoutMs: 10_000 },
  );
  return {
    /** The word of it may still be on its way when its process has ended. */
    untilCut: () =>
      waitUntil(async () => (intent.record.outcome === "open" ? null : intent.record.outcome), {
        what: "the stream to be cut",
        timeoutMs: 10_000,
        pollMs: 5,
      }),
    async leave() {
      if (intent.record.outcome === "open") stop.abort();
      await ended;
      return intent.record.outcome;
    },
  };
}
