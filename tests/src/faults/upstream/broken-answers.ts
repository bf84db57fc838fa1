import { expect, it } from "vitest";
import { report } from "../../harness/figures.ts";
import {
  chunkedBody,
  chunkOf,
  headOf,
  jsonType,
  lengthOf,
  noteWhole,
  streamEvents,
  streamTexts,
  streamType,
  wholeAnswer,
} from "../../harness/scripted-answer.ts";
import type { Ending, Script, ScriptedCall } from "../../harness/scripted-upstream.ts";
import { contentEventsOf } from "../../ledger/judge-answer.ts";
import { openCase, times, type World } from "./world.ts";

const endings: Ending[] = ["fin", "rst"];

/** Spread over 0 … limit − 1 without a pattern that the limit shares: a multiplicative step by a large prime. */
const spread = (turn: number, limit: number): number => (turn * 7_919) % limit;

const numberIn = ({ body }: Pick<ScriptedCall, "body">): number => Number(/\d+/.exec(body.model)?.[0]);

/** F4. */
export function cutWholeAnswers(world: World, runs: number): void {
  it(`F4 a whole answer cut off, ${runs} runs · never half of it as a 200`, async () => {
    const each = openCase(world, "f4");
    const script: Script = async (call) => {
      const body = wholeAnswer(call);
      const turn = numberIn(call);
      await call.write(headOf(200, jsonType, lengthOf(body)));
      await call.write(body.subarray(0, spread(turn, body.length)));
      call.end(endings[turn % 2] ?? "fin");
    };
    const alone = await each.workspace(script);
    const withOther = await each.workspace(script, "mock");
    await times(runs, 16, async (turn) => {
      const workspace = turn % 4 < 2 ? alone : withOther;
      await each.ledger.send({ workspace, model: `m-${turn}?echo=1&chunks=3` });
    });
    const { outcomes } = await each.close();
    report(`F4 ${runs} whole answers cut off: ${JSON.stringify(outcomes)}`);
    const ofAlone = each.ledger.records.filter(({ workspaceId }) => workspaceId === alone.id);
    expect(new Set(ofAlone.map(({ status }) => status))).toEqual(new Set([502]));
    expect(outcomes).toEqual({ ok: runs - ofAlone.length, error_json: ofAlone.length });
  });
}

/** F5. */
export function resetAfterTokens(world: World, runs: number): void {
  it.each([0, 1, 7, 100])(
    `F5 RST after %i tokens, ${runs} runs · an error event, no [DONE], as many tokens`,
    async (tokens) => {
      const each = openCase(world, `f5-${tokens}`);
      const gates = new Map<string, PromiseWithResolvers<void>>();
      const gateOf = (model: string): PromiseWithResolvers<void> => {
        const gate = gates.get(model) ?? Promise.withResolvers<void>();
        gates.set(model, gate);
        return gate;
      };
      const workspace = await each.workspace(async (call) => {
        const { opening, content } = streamEvents(call, tokens);
        await call.write(headOf(200, streamType, chunkedBody) + chunkOf(opening + content.join("")));
        call.record.tokens = tokens;
        // A reset destroys what is still under way, so it waits until the client has everything.
        await gateOf(call.body.model).promise;
        call.end("rst");
      }, "mock");
      await times(runs, 8, async (turn) => {
        const model = `m-${turn}`;
        const onProgress = (body: Buffer): void => {
          if (contentEventsOf(body) === tokens) gateOf(model).resolve();
        };
        const members = { stream: true };
        const { answer } = await each.ledger.send({ workspace, model, members, onProgress });
        expect(answer?.body.toString()).not.toContain("[DONE]");
      });
      await each.close();
      for (const record of each.ledger.records) {
        expect(record).toMatchObject({ outcome: "error_sse", errorCode: "upstream_stream_interrupted" });
        expect(record.contentEvents).toBe(tokens);
      }
      for (const row of await each.rows(workspace)) {
        expect(row).toMatchObject({ output_tokens: tokens, usage_estimated: true, status_code: 502 });
        expect(row.attempts).toHaveLength(1);
      }
    },
  );

  it(`F5 RST after the head and before any event, ${runs} runs · the next target`, async () => {
    const each = openCase(world, "f5-head");
    const workspace = await each.workspace(async (call) => {
      await call.write(headOf(200, streamType, chunkedBody));
      call.end("rst");
    }, "mock");
    await times(runs, 8, async (turn) => {
      await each.ledger.send({ workspace, model: `m-${turn}?echo=1`, members: { stream: true } });
    });
    expect((await each.close()).outcomes).toEqual({ ok: runs });
  });
}

/** F6. `step`: bytes from one cut to the next; 1 cuts everywhere. */
export function cutCloseDelimited(world: World, step: number): void {
  it.each(endings)(
    `F6 a close-delimited stream ended by %s after every ${step}. byte · never taken for complete`,
    async (manner) => {
      const each = openCase(world, `f6-${manner}`);
      const workspace = await each.workspace(async (call) => {
        const events = streamEvents(call, 2);
        const { sent } = streamTexts(events);
        const cut = numberIn(call);
        call.record.tokens = contentEventsOf(Buffer.from(sent.slice(0, cut)));
        if (cut >= sent.indexOf(events.usage) + events.usage.trimEnd().length) noteWhole(call, 2);
        await call.write(headOf(200, streamType, "connection: close") + sent.slice(0, cut));
        call.end(manner);
      });
      const { sent, seen } = streamTexts(
        streamEvents({ body: { model: "m-0000", stream: true, user: "f6-rst-00-0000" } }, 2),
      );
      const cuts = Math.floor((sent.length - 1) / step);
      await times(cuts, 16, async (turn) => {
        const model = `m-${String(1 + turn * step).padStart(4, "0")}`;
        const { record, answer } = await each.ledger.send({ workspace, model, members: { stream: true } });
        const isFinished = answer?.body.includes('"finish_reason":"stop"') === true;
        if (!isFinished) expect(record.outcome).toMatch(/^error_/);
      });
      const { outcomes } = await each.close();
      report(`F6 ${cuts} streams ended by ${manner}: ${JSON.stringify(outcomes)}; ${seen.length} bytes each`);
      expect(outcomes.error_sse).toBeGreaterThan(0);
    },
  );
}

/** F4: what is held until it is whole has a bound. */
export function oversizedWholes(world: World): void {
  it("F4 a whole answer of 17 MiB · 502, with and without a length", async () => {
    const each = openCase(world, "f4-size");
    const size = 17 * 1_048_576;
    const workspace = await each.workspace(async (call) => {
      const isDeclared = call.turn === 0;
      await call.write(headOf(200, jsonType, isDeclared ? `content-length: ${size}` : chunkedBody));
      const piece = Buffer.alloc(65_536, " ");
      for (let sent = 0; sent < size && !call.socket.destroyed; sent += piece.length) {
        await call.write(isDeclared ? piece : chunkOf(piece));
      }
    });
    for (let turn = 0; turn < 2; turn++) {
      const { record } = await each.ledger.send({ workspace, model: `m-${turn}` });
      expect(record).toMatchObject({ status: 502, errorCode: "upstream_response_too_large" });
    }
    expect((await each.close()).attempts).toBe(2);
  });
}

/** F4, without a length: the end of the connection looks like the end of the answer. */
export function cutCloseDelimitedWholes(world: World, runs: number): void {
  it.each(endings)(
    `F4 a whole answer without a length cut off by %s, ${runs} runs · never half of it`,
    async (manner) => {
      const each = openCase(world, `f4-close-${manner}`);
      const script: Script = async (call) => {
        const body = wholeAnswer(call);
        await call.write(headOf(200, jsonType, "connection: close"));
        await call.write(body.subarray(0, spread(numberIn(call), body.length)));
        call.end(manner);
      };
      const alone = await each.workspace(script);
      const withOther = await each.workspace(script, "mock");
      await times(runs, 16, async (turn) => {
        const workspace = turn % 2 === 0 ? alone : withOther;
        await each.ledger.send({ workspace, model: `m-${turn}?echo=1&chunks=3` });
      });
      expect((await each.close()).outcomes).toEqual({ ok: runs / 2, error_json: runs / 2 });
    },
  );
}
