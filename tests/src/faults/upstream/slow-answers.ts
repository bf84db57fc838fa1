import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { distribution, percentile, report } from "../../harness/figures.ts";
import {
  answerWell,
  chunkedBody,
  chunkOf,
  headOf,
  jsonType,
  lastChunk,
  noteWhole,
  streamEvents,
  streamTexts,
  streamType,
  wholeAnswer,
} from "../../harness/scripted-answer.ts";
import type { Script } from "../../harness/scripted-upstream.ts";
import { clocks, openCase, times, type World } from "./world.ts";

/** How late a deadline may come on a loaded machine; the figure says how late it came on this one. */
const lateMs = 3_000;

/** Accepts the call and says nothing more. */
const silent: Script = async ({ closed }) => {
  await closed;
};

/** Sends a head, and nothing more. */
const headOnly: Script = async (call) => {
  await call.write(headOf(200, call.body.stream ? streamType : jsonType, chunkedBody));
  await call.closed;
};

/** F7. */
export function hangBeforeAnswer(world: World): void {
  const deadlineOf = (stream: boolean): number => (stream ? clocks.firstByte : clocks.wholeAnswer);

  it.concurrent.each([
    { what: "no head of a stream", script: silent, stream: true },
    { what: "a head and no event", script: headOnly, stream: true },
    { what: "no head of a whole answer", script: silent, stream: false },
    { what: "a head and no body", script: headOnly, stream: false },
  ])("F7 $what · 504 at the deadline", async ({ what, script, stream }) => {
    const each = openCase(world, "f7");
    const workspace = await each.workspace(script);
    await times(4, 4, async (turn) => {
      await each.ledger.send({ workspace, model: `m-${turn}`, members: { stream } });
    });
    await each.close();
    for (const record of each.ledger.records)
      expect(record).toMatchObject({ status: 504, errorCode: "upstream_timeout" });
    const late = (await each.rows(workspace)).map(
      ({ attempts: [attempt] }) =>
        (attempt?.started_ms ?? 0) + (attempt?.duration_ms ?? 0) - deadlineOf(stream),
    );
    report(`F7 ${what}: given up ${distribution(late, "ms")} after the deadline`);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(-10);
    expect(Math.max(...late)).toBeLessThan(lateMs);
  });

  it.concurrent("F7 no head of a stream, with another target · the other target answers", async () => {
    const each = openCase(world, "f7-other");
    const workspace = await each.workspace(silent, "mock");
    await times(4, 4, async (turn) => {
      await each.ledger.send({ workspace, model: `m-${turn}?echo=1`, members: { stream: true } });
    });
    expect((await each.close()).outcomes).toEqual({ ok: 4 });
  });
}

/** F8. */
export function hangInStream(world: World): void {
  it.concurrent("F8 silence in the middle of a stream · an error event at the idle deadline, and no byte of our own before", async () => {
    const each = openCase(world, "f8");
    const closedAfter: number[] = [];
    const workspace = await each.workspace(async (call) => {
      const { opening, content } = streamEvents(call, 3);
      await call.write(headOf(200, streamType, chunkedBody) + chunkOf(opening + content.join("")));
      call.record.tokens = 3;
      const silentSince = performance.now();
      closedAfter.push((await call.closed) - silentSince - clocks.idle);
    }, "mock");
    await times(8, 8, async (turn) => {
      const { record, answer } = await each.ledger.send({
        workspace,
        model: `m-${turn}`,
        members: { stream: true },
      });
      expect(record).toMatchObject({
        outcome: "error_sse",
        errorCode: "upstream_timeout",
        contentEvents: 3,
      });
      const lines = String(answer?.body).split("\n");
      expect(lines.filter((line) => line !== "" && !line.startsWith("data: "))).toEqual([]);
    });
    await each.close();
    report(`F8 silence in a stream: upstream closed ${distribution(closedAfter, "ms")} after the deadline`);
    expect(Math.max(...closedAfter)).toBeLessThan(lateMs);
  });
}

/** F21: what never ends and never pauses for long. */
export function dripForever(world: World): void {
  it.concurrent("F21 one token now and then, for ever · ended when the time for a stream is over", async () => {
    const each = openCase(world, "f21");
    // A token in 9 s of 120 s idle time, on the clock of this suite.
    const paceMs = (clocks.idle * 9) / 120;
    const workspace = await each.workspace(async (call) => {
      const { opening, content } = streamEvents(call, 1_000);
      await call.write(headOf(200, streamType, chunkedBody) + chunkOf(opening));
      for (const event of content) {
        if (call.socket.destroyed) return;
        await call.write(chunkOf(event));
        call.record.tokens++;
        await delay(paceMs);
      }
    });
    const started = performance.now();
    const { record } = await each.ledger.send({ workspace, model: "m", members: { stream: true } });
    const late = performance.now() - started - clocks.stream;
    await each.close();
    expect(record).toMatchObject({ outcome: "error_sse", errorCode: "upstream_timeout" });
    const [row] = await each.rows(workspace);
    expect(row?.error_message).toBe("the longest duration of a stream is over");
    report(`F21 a stream without an end: ended ${late.toFixed(0)} ms after its ${clocks.stream} ms`);
    expect(late).toBeLessThan(lateMs);
  });

  it.concurrent("F21 a whole answer, one byte now and then · 504 when the time for an answer is over", async () => {
    const each = openCase(world, "f21-whole");
    const workspace = await each.workspace(async (call) => {
      await call.write(headOf(200, jsonType, chunkedBody));
      for (const byte of wholeAnswer(call)) {
        if (call.socket.destroyed) return;
        await call.write(chunkOf(Buffer.of(byte)));
        await delay(50);
      }
      noteWhole(call);
      await call.write(lastChunk);
    });
    const { record } = await each.ledger.send({ workspace, model: "m" });
    await each.close();
    expect(record).toMatchObject({ status: 504, errorCode: "upstream_timeout" });
  });
}

/** F23, without a route by latency: slowness alone loses nothing and multiplies nothing. */
export function brownOut(world: World, runs: number): void {
  it(`F23 an upstream ten times as slow, ${runs} runs · everything is served, by one call each`, async () => {
    const each = openCase(world, "f23");
    let latencyMs = 20;
    const workspace = await each.workspace(async (call) => {
      await delay(latencyMs);
      await answerWell(call);
    }, "mock");
    const firstBytes = { well: [] as number[], slow: [] as number[] };
    const load = async (into: number[]): Promise<void> => {
      await times(runs, 16, async () => {
        const started = performance.now();
        let first = Number.NaN;
        const onProgress = (): void => {
          if (Number.isNaN(first)) first = performance.now() - started;
        };
        await each.ledger.send({ workspace, model: "m", members: { stream: true }, onProgress });
        into.push(first);
      });
    };
    await load(firstBytes.well);
    latencyMs = 200;
    await load(firstBytes.slow);
    const { outcomes, attempts } = await each.close();
    expect({ outcomes, attempts }).toEqual({ outcomes: { ok: 2 * runs }, attempts: 2 * runs });
    const p95 = (values: number[]): string => `${percentile(values, 0.95).toFixed(0)} ms`;
    report(`F23 first byte at p95: ${p95(firstBytes.well)} well, ${p95(firstBytes.slow)} in the brown-out`);
  });
}

/** What `streamTexts` says that the client sees is what it gets: other cases lean on that. */
export function wellAnswers(world: World): void {
  it("no fault · the stream as it was sent, but for the usage that nobody asked for", async () => {
    const each = openCase(world, "well");
    const workspace = await each.workspace(answerWell);
    const { record, answer } = await each.ledger.send({ workspace, model: "m", members: { stream: true } });
    const events = streamEvents({ body: { model: "m", stream: true, user: record.requestId } });
    expect(answer?.body.toString()).toBe(streamTexts(events).seen);
    await each.ledger.send({ workspace, model: "m" });
    expect((await each.close()).outcomes).toEqual({ ok: 2 });
  });
}
