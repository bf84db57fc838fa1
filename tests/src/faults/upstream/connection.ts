import { expect, it } from "vitest";
import { openBlackHole } from "../../harness/black-hole.ts";
import { distribution, report } from "../../harness/figures.ts";
import { findFreePorts } from "../../harness/free-ports.ts";
import type { RequestRow } from "../../harness/request-rows.ts";
import { answerWell } from "../../harness/scripted-answer.ts";
import { type Ending, startHangingUp } from "../../harness/scripted-upstream.ts";
import type { TestWorkspace } from "../../harness/workspace.ts";
import { type Case, clocks, openCase, times, type World } from "./world.ts";

/** From the begin of the first attempt to the begin of the second, in milliseconds. */
function failoverMs({ attempts: [first, second] }: RequestRow): number {
  return first === undefined || second === undefined ? Number.NaN : second.started_ms - first.started_ms;
}

/** Sends requests, each for a model of its own, so that no circuit breaker takes the failing target out of the way. */
async function sendEach(
  each: Case,
  workspace: TestWorkspace,
  { runs, stream = false }: { runs: number; stream?: boolean },
): Promise<void> {
  await times(runs, 4, async (turn) => {
    await each.ledger.send({ workspace, model: `m-${turn}?echo=1&chunks=3`, members: { stream } });
  });
}

const outcomesOf = ({ ledger }: Case): string[] => [...new Set(ledger.records.map(({ outcome }) => outcome))];

/** F1. */
export function connectionRefused(world: World, runs: number): void {
  it(`F1 connection refused, ${runs} runs · the next target at once`, async () => {
    const each = openCase(world, "f1");
    const [port] = await findFreePorts(1);
    const workspace = await each.workspace({ url: `http://127.0.0.1:${port}/v1` }, "mock");
    for (let turn = 0; turn < runs; turn++) {
      await each.ledger.send({ workspace, model: `m-${turn}?echo=1&chunks=3` });
    }
    await each.close();
    expect(outcomesOf(each)).toEqual(["ok"]);
    const waits = (await each.rows(workspace)).map(failoverMs);
    report(`F1 connection refused, next target asked after ${distribution(waits, "ms")}`);
    expect(Math.max(...waits)).toBeLessThan(clocks.connect);
  });

  it("F1 connection refused, no other target · 502 after three attempts at most", async () => {
    const each = openCase(world, "f1-alone");
    const [port] = await findFreePorts(1);
    const workspace = await each.workspace({ url: `http://127.0.0.1:${port}/v1` });
    const { record, answer } = await each.ledger.send({ workspace, model: "m" });
    await each.close();
    expect(record).toMatchObject({ status: 502, errorCode: "upstream_unreachable" });
    expect(Number(answer?.headers["x-perpetuo-attempts"])).toBeLessThanOrEqual(3);
  });
}

/** F2. */
export function blackHole(world: World): void {
  it("F2 a host that drops every SYN · the next target when the time to connect is over", async () => {
    await using hole = await openBlackHole();
    const each = openCase(world, "f2");
    const workspace = await each.workspace({ url: `http://127.0.0.1:${hole.port}/v1` }, "mock");
    await sendEach(each, workspace, { runs: 8 });
    await each.close();
    expect(outcomesOf(each)).toEqual(["ok"]);
    const waits = (await each.rows(workspace)).map(failoverMs);
    report(
      `F2 black hole with ${clocks.connect} ms to connect, next target after ${distribution(waits, "ms")}`,
    );
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(clocks.connect - 10);
    expect(Math.max(...waits)).toBeLessThan(clocks.connect + 1_000);
  });

  it("F2 a host that drops every SYN, no other target · 504", async () => {
    await using hole = await openBlackHole();
    const each = openCase(world, "f2-alone");
    const workspace = await each.workspace({ url: `http://127.0.0.1:${hole.port}/v1` });
    const { record } = await each.ledger.send({ workspace, model: "m" });
    await each.close();
    expect(record).toMatchObject({ status: 504, errorCode: "upstream_timeout" });
  });
}

const endings: Ending[] = ["fin", "rst"];

/** F3. */
export function closedBeforeHead(world: World, runs: number): void {
  it.each(endings)(`F3 %s after the request, ${runs} runs · nobody notices`, async (manner) => {
    const each = openCase(world, `f3-${manner}`);
    const workspace = await each.workspace(({ end }) => end(manner), "mock");
    await sendEach(each, workspace, { runs });
    await sendEach(each, workspace, { runs, stream: true });
    await each.close();
    expect(outcomesOf(each)).toEqual(["ok"]);
    const firsts = (await each.rows(workspace)).map(({ attempts }) => attempts[0]);
    expect(new Set(firsts.map((first) => first?.outcome))).toEqual(new Set(["indeterminate"]));
  });

  it.each(endings)("F3 %s upon the connection · nobody notices", async (manner) => {
    await using hangingUp = await startHangingUp(manner);
    const each = openCase(world, `f3-accept-${manner}`);
    const workspace = await each.workspace({ url: hangingUp.baseUrl }, "mock");
    await sendEach(each, workspace, { runs });
    await each.close(hangingUp.book);
    expect(outcomesOf(each)).toEqual(["ok"]);
  });

  it.each(endings)("F3 %s after the request, no other target · 502", async (manner) => {
    const each = openCase(world, `f3-alone-${manner}`);
    const workspace = await each.workspace(({ end }) => end(manner));
    const { record } = await each.ledger.send({ workspace, model: "m" });
    await each.close();
    expect(record).toMatchObject({ status: 502, errorCode: "upstream_unreachable" });
  });
}

/** F3, on a connection that has served before: what a provider does that closes idle connections. */
export function keptConnectionClosed(world: World, runs: number): void {
  it.each(endings)(
    `F3 %s on a kept connection as the next request arrives, ${runs} runs · asked again`,
    async (manner) => {
      const each = openCase(world, `f3-kept-${manner}`);
      const workspace = await each.workspace((call) =>
        call.turn % 2 === 1 ? call.end(manner) : answerWell(call),
      );
      for (let turn = 0; turn < runs; turn++)
        await each.ledger.send({ workspace, model: `m-${turn}?echo=1` });
      await each.close();
      expect(outcomesOf(each)).toEqual(["ok"]);
    },
  );

  it.each(endings)(`F3 %s on an idle connection, ${runs} runs · nobody notices`, async (manner) => {
    const each = openCase(world, `f3-idle-${manner}`);
    const closings: Promise<number>[] = [];
    const workspace = await each.workspace(async (call) => {
      await answerWell(call);
      closings.push(call.closed);
      await new Promise((resolve) => setImmediate(resolve));
      call.end(manner);
    });
    for (let turn = 0; turn < runs; turn++) {
      await each.ledger.send({ workspace, model: `m-${turn}?echo=1` });
      await closings.at(-1);
    }
    expect((await each.close()).outcomes).toEqual({ ok: runs });
  });

  it.each(endings)("F3 %s in the middle of the TLS handshake · the next target", async (manner) => {
    await using hangingUp = await startHangingUp(manner);
    const each = openCase(world, `f3-tls-${manner}`);
    const workspace = await each.workspace({ url: hangingUp.baseUrl.replace("http:", "https:") }, "mock");
    await sendEach(each, workspace, { runs });
    await each.close();
    expect(outcomesOf(each)).toEqual(["ok"]);
    const firsts = (await each.rows(workspace)).map(({ attempts }) => attempts[0]?.outcome);
    expect(new Set(firsts)).toEqual(new Set(["failed"]));
  });
}
