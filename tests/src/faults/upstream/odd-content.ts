import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { report } from "../../harness/figures.ts";
import { headerOf, sha256 } from "../../harness/gateway-client.ts";
import {
  chunkedBody,
  chunkOf,
  headOf,
  jsonType,
  lastChunk,
  lengthOf,
  noteWhole,
  type StreamEvents,
  streamEvents,
  streamTexts,
  streamType,
} from "../../harness/scripted-answer.ts";
import type { ScriptedCall } from "../../harness/scripted-upstream.ts";
import type { Judgement } from "../../ledger/judge-answer.ts";
import { watchBounds } from "../../ledger/watch-bounds.ts";
import { openCase, times, type World } from "./world.ts";

const mebibyte = 1_048_576;
const ok: Judgement = { outcome: "ok", errorCode: null, detail: null };
/** For answers that no client can read, and that are handed on as they came. */
const takesAnything = (): Judgement => ok;

const numberIn = ({ body }: Pick<ScriptedCall, "body">): number => Number(/\d+/.exec(body.model)?.[0]);

/** F13. */
export function malformedWholes(world: World): void {
  it.each(["", "{", '{"choices":[', "[]", "null", "<html></html>", '"text"'])(
    "F13 200 with %j for JSON · the bytes as they came, and the attempt is marked",
    async (text) => {
      const each = openCase(world, "f13");
      const workspace = await each.workspace((call) =>
        call.write(headOf(200, jsonType, lengthOf(text)) + text),
      );
      const { answer } = await each.ledger.send({
        workspace,
        model: "m",
        judge: takesAnything,
        tokens: "unmetered",
      });
      await each.close();
      expect([answer?.status, answer?.body.toString()]).toEqual([200, text]);
      const [row] = await each.rows(workspace);
      expect(row?.attempts[0]?.error).toBe("the answer is not a JSON object");
    },
  );
}

const lineEnds = (end: string) => (text: string) => text.replaceAll("\n", end);
/** Streams that are odd or broken in their events, and whole in their framing. */
const oddStreams: Record<string, (text: string) => string> = {
  "bad JSON in an event": (text) => text.replace("\n\n", '\n\ndata: {"choices":[{\n\n'),
  "a line without a colon": (text) => text.replace("\n\n", "\n\nnonsense\n\n"),
  "carriage returns only": lineEnds("\r"),
  "carriage returns and line feeds": lineEnds("\r\n"),
  "a byte order mark": (text) => `\uFEFF${text}`,
  "NUL in an id": (text) => text.replace("data:", "id: a\0b\ndata:"),
  "a bogus retry": (text) => text.replace("data:", "retry: soon\ndata:"),
  "no blank line at the end": (text) => text.slice(0, -1),
  comments: (text) => text.replaceAll("data: ", ": comment\ndata: "),
  "no space after the colon": (text) => text.replaceAll("data: ", "data:"),
  "bytes that are not UTF-8": (text) => text.replace("word-1", "\u00ff\u00fe"),
};

/** F14. */
export function oddEvents(world: World): void {
  it.each(Object.keys(oddStreams))(
    "F14 %s · the same bytes for the client, the process lives",
    async (name) => {
      const each = openCase(world, "f14");
      const change = oddStreams[name] ?? String;
      // Latin-1 lets a text hold any byte.
      const textOf = (call: Pick<ScriptedCall, "body">): Buffer => {
        const { opening, content, finish, done } = streamEvents(call);
        return Buffer.from(
          change(opening + content.join("") + finish + done),
          name.includes("mark") ? "utf8" : "latin1",
        );
      };
      const workspace = await each.workspace(async (call) => {
        call.record.tokens = 5;
        await call.write(headOf(200, streamType, chunkedBody));
        await call.write(chunkOf(textOf(call)));
        await call.write(lastChunk);
      });
      const { record, answer } = await each.ledger.send({ workspace, model: "m", members: { stream: true } });
      await each.close();
      const body = { model: "m", stream: true, user: record.requestId };
      expect(answer?.body.toString("latin1")).toBe(textOf({ body }).toString("latin1"));
    },
  );
}

/** F15. `step`: bytes from one split to the next; 1 splits everywhere. */
export function splitStreams(world: World, step: number): void {
  const members = { stream: true };
  const expected = (user: string, model: string): string =>
    streamTexts(streamEvents({ body: { model, stream: true, user } }, 2)).seen;
  const sentLength = streamTexts(
    streamEvents({ body: { model: "m-0000", stream: true, user: "f15-chunks-000-0000" } }, 2),
  ).sent.length;

  it.each(["chunks", "segments"])(
    `F15 a stream in two %s, split after every ${step}. byte · the same bytes and the same usage`,
    async (manner) => {
      const each = openCase(world, `f15-${manner}`);
      const workspace = await each.workspace(async (call) => {
        const { sent } = streamTexts(streamEvents(call, 2));
        const at = numberIn(call);
        noteWhole(call, 2);
        if (manner === "chunks") {
          const text = chunkOf(sent.slice(0, at)).toString() + chunkOf(sent.slice(at)) + lastChunk;
          return call.write(headOf(200, streamType, chunkedBody) + text);
        }
        await call.write(headOf(200, streamType, lengthOf(sent)) + sent.slice(0, at));
        await new Promise((resolve) => setImmediate(resolve));
        await call.write(sent.slice(at));
      });
      const splits = Math.floor((sentLength - 1) / step);
      await times(splits, 16, async (turn) => {
        const model = `m-${String(1 + turn * step).padStart(4, "0")}`;
        const { record, answer } = await each.ledger.send({ workspace, model, members });
        expect(answer?.body.toString()).toBe(expected(record.requestId, model));
      });
      const { outcomes } = await each.close();
      expect(outcomes).toEqual({ ok: splits });
      for (const row of await each.rows(workspace)) {
        expect(row).toMatchObject({ input_tokens: 7, output_tokens: 2, usage_estimated: false });
      }
      report(`F15 ${splits} splits in two ${manner}: all alike`);
    },
  );

  it("F15 a whole stream of 1 MiB in one segment · the same bytes and the same usage", async () => {
    const each = openCase(world, "f15-one");
    const tokens = 6_500;
    const textsOf = (call: Pick<ScriptedCall, "body">) => streamTexts(streamEvents(call, tokens));
    const workspace = await each.workspace(async (call) => {
      noteWhole(call, tokens);
      const { sent } = textsOf(call);
      await call.write(headOf(200, streamType, chunkedBody) + chunkOf(sent) + lastChunk);
    });
    const { record, answer } = await each.ledger.send({ workspace, model: "m", members });
    expect((await each.close()).outcomes).toEqual({ ok: 1 });
    expect(answer?.body.length).toBeGreaterThan(mebibyte);
    expect(answer?.body.toString()).toBe(
      textsOf({ body: { model: "m", stream: true, user: record.requestId } }).seen,
    );
  });
}

/** F16. */
export function giantEvents(world: World, sizes: number[]): void {
  describe("F16", () => {
    it.each(sizes)("one event of %i MiB · relayed as it comes, in bounded memory", async (size) => {
      const each = openCase(world, "f16");
      const piece = Buffer.alloc(65_536, "x");
      const pieces = (size * mebibyte) / piece.length;
      const around = (events: StreamEvents) => ({
        before: events.opening + (events.content[0] ?? "").replace('"}', " "),
        after: `"},"finish_reason":null}]}\n\n${events.finish}`,
        ...events,
      });
      const workspace = await each.workspace(async (call) => {
        const { before, after, usage, done } = around(streamEvents(call, 1));
        await call.write(headOf(200, streamType, chunkedBody) + chunkOf(before));
        const framed = chunkOf(piece);
        for (let sent = 0; sent < pieces; sent++) await call.write(framed);
        noteWhole(call, 1);
        await call.write(chunkOf(after + usage + done) + lastChunk);
      });
      const bounds = await watchBounds(each.stack);
      const { record, answer } = await each.ledger.send({ workspace, model: "m", members: { stream: true } });
      bounds.stop();
      await each.close();
      const events = around(streamEvents({ body: { model: "m", stream: true, user: record.requestId } }, 1));
      const length = events.before.length + size * mebibyte + events.after.length + events.done.length;
      expect([record.outcome, answer?.body.length]).toEqual(["ok", length]);
      const growth = bounds.peakGrowth() / mebibyte;
      report(`F16 one event of ${size} MiB: the gateway grows by ${growth.toFixed(1)} MiB at most`);
      expect(growth).toBeLessThan(96);
    });

    it("a line without an end · relayed as it comes, until its reader leaves", async () => {
      const each = openCase(world, "f16-line");
      const workspace = await each.workspace(async (call) => {
        await call.write(`${headOf(200, streamType, chunkedBody) + chunkOf("data: ")}`);
        const framed = chunkOf(Buffer.alloc(65_536, "x"));
        while (!call.socket.destroyed) await call.write(framed);
      });
      const bounds = await watchBounds(each.stack);
      const intent = each.ledger.intend({
        workspace,
        model: "m",
        members: { stream: true },
        tokens: "unmetered",
      });
      const read = await each.client.readBytes(intent.call, 128 * mebibyte);
      intent.ended("client_aborted", { status: 200, headers: { "x-request-id": intent.record.requestId } });
      bounds.stop();
      await each.close();
      expect(read).toBeGreaterThanOrEqual(128 * mebibyte);
      const growth = bounds.peakGrowth() / mebibyte;
      report(`F16 128 MiB of one line: the gateway grows by ${growth.toFixed(1)} MiB at most`);
      expect(growth).toBeLessThan(96);
    });
  });
}

/** F22. */
export function compressedAnswers(world: World): void {
  const bomb = gzipSync(Buffer.alloc(64 * mebibyte));

  it.each(["gzip", "deflate", "br", "zstd", "x-unheard-of"])(
    "F22 %s although identity was asked for · refused unread, in the same memory",
    async (encoding) => {
      const each = openCase(world, "f22");
      const asked: (string | undefined)[] = [];
      const workspace = await each.workspace(async (call) => {
        asked.push(call.headers.get("accept-encoding"));
        const type = call.body.stream ? streamType : jsonType;
        await call.write(headOf(200, type, lengthOf(bomb), `content-encoding: ${encoding}`));
        await call.write(bomb);
      });
      const bounds = await watchBounds(each.stack);
      for (const stream of [false, true]) {
        const { record } = await each.ledger.send({ workspace, model: `m-${stream}`, members: { stream } });
        expect(record).toMatchObject({ status: 502, errorCode: "upstream_invalid_response" });
      }
      bounds.stop();
      await each.close();
      expect(new Set(asked)).toEqual(new Set(["identity"]));
      expect(bounds.peakGrowth() / mebibyte).toBeLessThan(32);
    },
  );

  it("F22 a compressed error · passed on with its encoding, or replaced", async () => {
    const each = openCase(world, "f22-error");
    const error = JSON.stringify({ error: { message: "No.", type: "error", param: null, code: null } });
    const body = gzipSync(error);
    const workspace = await each.workspace(async (call) => {
      await call.write(headOf(400, jsonType, lengthOf(body), "content-encoding: gzip"));
      await call.write(body);
    });
    const judge = (): Judgement => ({ outcome: "error_json", errorCode: null, detail: null });
    const { answer } = await each.ledger.send({ workspace, model: "m", judge });
    await each.close();
    expect(answer?.status).toBe(400);
    expect(headerOf(answer?.headers ?? {}, "content-encoding")).toBe("gzip");
    expect(sha256(answer?.body ?? "")).toBe(sha256(body));
  });
}
