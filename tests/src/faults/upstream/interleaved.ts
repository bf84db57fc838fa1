import { expect, it } from "vitest";
import { sha256 } from "../../harness/gateway-client.ts";
import {
  chunkedBody,
  chunkOf,
  headOf,
  jsonType,
  lastChunk,
  lengthOf,
  noteWhole,
  streamEvents,
  streamTexts,
  streamType,
} from "../../harness/scripted-answer.ts";
import type { ScriptedCall } from "../../harness/scripted-upstream.ts";
import { openCase, times, type World } from "./world.ts";

type Asked = Pick<ScriptedCall, "body">;

const tokensOf = (turn: number): number => 3 + (turn % 40);

/** A whole answer of some size in which every part names its request. */
function longWhole({ body }: Asked, turn: number): Buffer {
  const content = `canary(${body.user})`.repeat(1 + ((turn * 977) % 3_000));
  const usage = { prompt_tokens: 7, completion_tokens: tokensOf(turn), total_tokens: 7 + tokensOf(turn) };
  const choices = [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }];
  return Buffer.from(JSON.stringify({ object: "chat.completion", choices, usage }));
}

/**
 * Many answers at the same time, each in pieces that arrive between the others': a buffer that two of them share, or that
 * is used again too early, shows in the bytes.
 */
export function interleavedAnswers(world: World, runs: number): void {
  it(`no fault, ${runs} answers in interleaved pieces · each byte for byte its own`, async () => {
    const each = openCase(world, "interleaved");
    const workspace = await each.workspace(async (call) => {
      const turn = Number(/\d+/.exec(call.body.model)?.[0]);
      const whole = call.body.stream
        ? Buffer.from(streamTexts(streamEvents(call, tokensOf(turn))).sent)
        : longWhole(call, turn);
      noteWhole(call, tokensOf(turn));
      await call.write(
        call.body.stream ? headOf(200, streamType, chunkedBody) : headOf(200, jsonType, lengthOf(whole)),
      );
      const step = 1 + ((turn * 131) % 1_021);
      for (let at = 0; at < whole.length; at += step) {
        const piece = whole.subarray(at, at + step);
        await call.write(call.body.stream ? chunkOf(piece) : piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (call.body.stream) await call.write(lastChunk);
    });
    const wrong: string[] = [];
    await times(runs, 32, async (turn) => {
      const stream = turn % 2 === 0;
      const model = `m-${turn}`;
      const { record, answer } = await each.ledger.send({ workspace, model, members: { stream } });
      const asked = { body: { model, stream, user: record.requestId } };
      const expected = stream
        ? streamTexts(streamEvents(asked, tokensOf(turn))).seen
        : longWhole(asked, turn);
      if (sha256(answer?.body ?? "") !== sha256(expected)) wrong.push(record.requestId);
    });
    expect(wrong).toEqual([]);
    expect((await each.close()).outcomes).toEqual({ ok: runs });
  });
}
