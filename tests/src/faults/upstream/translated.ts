import { createServer } from "node:http";
import type { ProviderName } from "@perpetuo/contracts/providers";
import { describe, expect, it } from "vitest";
import { report } from "../../harness/figures.ts";
import { portOf } from "../../harness/free-ports.ts";
import {
  answerError,
  chunkedBody,
  chunkOf,
  headOf,
  jsonType,
  lastChunk,
  lengthOf,
  streamType,
} from "../../harness/scripted-answer.ts";
import type { Script, ScriptedCall } from "../../harness/scripted-upstream.ts";
import type { ProviderKeyPlan } from "../../harness/workspace.ts";
import { openCase, times, type World } from "./world.ts";

type Asked = Pick<ScriptedCall, "body">;

/** A provider whose answers the gateway translates. An answer has three tokens of text and reports seven and three. */
type Wire = {
  provider: ProviderName;
  whole(call: Asked): string;
  /** In order: what comes before the text, a piece of text each, what comes behind it. */
  stream(call: Asked): { before: string; texts: string[]; after: string };
};

const textsOf = ({ body }: Asked): string[] => [`canary(${body.user})`, " two", " three"];
const reported = { input: 7, output: 3 };

const named = (data: { type: string; [member: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

const anthropic: Wire = {
  provider: "anthropic",
  whole: (call) =>
    JSON.stringify({
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude",
      content: [{ type: "text", text: textsOf(call).join("") }],
      stop_reason: "end_turn",
      usage: { input_tokens: 7, output_tokens: 3 },
    }),
  stream: (call) => {
    const usage = { input_tokens: 7, output_tokens: 1 };
    const message = { id: "msg_1", type: "message", role: "assistant", model: "claude", content: [], usage };
    return {
      before:
        named({ type: "message_start", message }) +
        named({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
      texts: textsOf(call).map((text) =>
        named({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
      ),
      after:
        named({ type: "content_block_stop", index: 0 }) +
        named({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 3 } }) +
        named({ type: "message_stop" }),
    };
  },
};

const google: Wire = {
  provider: "google",
  whole: (call) => JSON.stringify(candidate(textsOf(call).join(""), true)),
  stream: (call) => ({
    before: "",
    texts: textsOf(call).map((text) => `data: ${JSON.stringify(candidate(text, false))}\r\n\r\n`),
    after: `data: ${JSON.stringify(candidate("", true))}\r\n\r\n`,
  }),
};

function candidate(text: string, isLast: boolean): object {
  const content = { role: "model", parts: [{ text }] };
  const candidates = [{ content, index: 0, ...(isLast ? { finishReason: "STOP" } : {}) }];
  const usage = { promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 };
  return { candidates, responseId: "r1", ...(isLast ? { usageMetadata: usage } : {}) };
}

const numberIn = ({ body }: Asked): number => Number(/\d+/.exec(body.model)?.[0]);

async function answerIn(wire: Wire, call: ScriptedCall): Promise<void> {
  call.record.tokens = 3;
  call.record.reported = reported;
  const { before, texts, after } = wire.stream(call);
  const text = call.body.stream ? before + texts.join("") + after : wire.whole(call);
  const type = call.body.stream ? streamType : jsonType;
  await call.write(headOf(200, type, lengthOf(text)) + text);
}

const secret = "sk-of-the-translated";

/** A provider key for the wire that offers every model name of this file. */
const target = (world: World, wire: Wire, script: Script): ProviderKeyPlan => ({
  provider: wire.provider,
  secret,
  base_url: world.upstream.serve(script),
  models: Array.from({ length: 1_500 }, (_, index) => `m-${index}`),
});

const modelOf = (wire: Wire, turn: number): string => `${wire.provider}/m-${turn}`;

/** The faults that a translation could hide, for each wire that is translated. `step`: bytes from one cut to the next. */
export function translatedWires(world: World, step: number): void {
  describe.each([anthropic, google])("$provider", (wire) => {
    wellTranslated(world, wire);
    cutTranslatedWholes(world, wire, step);
    cutTranslatedStreams(world, wire, step);
    malformedTranslated(world, wire);
    splitTranslatedStreams(world, wire, step);
    leakyRefusals(world, wire);
    redirectedTranslated(world, wire);
  });
}

function wellTranslated(world: World, wire: Wire): void {
  it("no fault · whole and streamed answers, metered", async () => {
    const each = openCase(world, wire.provider);
    const workspace = await each.workspace(target(world, wire, (call) => answerIn(wire, call)));
    const model = modelOf(wire, 1);
    await each.ledger.send({ workspace, model });
    await each.ledger.send({ workspace, model, members: { stream: true } });
    expect((await each.close()).outcomes).toEqual({ ok: 2 });
  });
}

function cutTranslatedWholes(world: World, wire: Wire, step: number): void {
  it("F4 a whole answer cut off everywhere, with a length or without · 502, never half of it", async () => {
    const each = openCase(world, `f4-${wire.provider}`);
    const workspace = await each.workspace(
      target(world, wire, async (call) => {
        const text = wire.whole(call);
        const framing = call.turn % 2 === 0 ? lengthOf(text) : "connection: close";
        await call.write(headOf(200, jsonType, framing) + text.slice(0, numberIn(call)));
        call.end("fin");
      }),
    );
    const asked = { body: { model: "", stream: false, user: `f4-${wire.provider}-00-00` } };
    const cuts = Math.floor((wire.whole(asked).length - 2) / step);
    await times(cuts, 16, async (turn) => {
      await each.ledger.send({ workspace, model: modelOf(wire, 1 + turn * step) });
    });
    expect((await each.close()).outcomes).toEqual({ error_json: cuts });
    expect(new Set(each.ledger.records.map(({ status }) => status))).toEqual(new Set([502]));
  });
}

function cutTranslatedStreams(world: World, wire: Wire, step: number): void {
  it("F6 a stream cut off everywhere · never taken for complete, and as many tokens as came", async () => {
    const each = openCase(world, `f6-${wire.provider}`);
    const workspace = await each.workspace(
      target(world, wire, async (call) => {
        const { before, texts, after } = wire.stream(call);
        const sent = (before + texts.join("") + after).slice(0, numberIn(call));
        call.record.tokens = texts.filter((_, index) =>
          sent.startsWith(
            before +
              texts
                .slice(0, index + 1)
                .join("")
                .trimEnd(),
          ),
        ).length;
        if (sent.trimEnd() === (before + texts.join("") + after).trimEnd()) call.record.reported = reported;
        await call.write(headOf(200, streamType, "connection: close") + sent);
        call.end("fin");
      }),
    );
    const asked = { body: { model: "", stream: true, user: `f6-${wire.provider}-000-000` } };
    const { before, texts, after } = wire.stream(asked);
    const whole = before.length + texts.join("").length + after.trimEnd().length;
    // Ids of one digit more or less move the end by as much.
    const cuts = Math.floor((whole - 20) / step);
    await times(cuts, 16, async (turn) => {
      const model = modelOf(wire, 1 + turn * step);
      const { answer } = await each.ledger.send({ workspace, model, members: { stream: true } });
      expect(answer?.body.toString()).not.toContain("[DONE]");
    });
    const { outcomes } = await each.close();
    report(`F6 ${wire.provider}: ${cuts} streams cut off: ${JSON.stringify(outcomes)}`);
    expect(outcomes.ok).toBeUndefined();
    expect(outcomes.error_sse).toBeGreaterThan(cuts / 4);
  });
}

function malformedTranslated(world: World, wire: Wire): void {
  it("F13 200 with something else than an answer · 502, nothing of it passes", async () => {
    const each = openCase(world, `f13-${wire.provider}`);
    const workspace = await each.workspace(
      target(world, wire, (call) => call.write(`${headOf(200, jsonType, "content-length: 6")}<html>`)),
    );
    const { record } = await each.ledger.send({ workspace, model: modelOf(wire, 1) });
    expect(record).toMatchObject({ status: 502, errorCode: "upstream_invalid_response" });
    await each.close();
  });
}

function splitTranslatedStreams(world: World, wire: Wire, step: number): void {
  it("F15 a stream split after each byte · the same answer and the same usage", async () => {
    const each = openCase(world, `f15-${wire.provider}`);
    const workspace = await each.workspace(
      target(world, wire, async (call) => {
        const { before, texts, after } = wire.stream(call);
        const text = before + texts.join("") + after;
        const at = numberIn(call);
        call.record.tokens = 3;
        call.record.reported = reported;
        await call.write(headOf(200, streamType, chunkedBody) + chunkOf(text.slice(0, at)));
        await new Promise((resolve) => setImmediate(resolve));
        await call.write(chunkOf(text.slice(at)) + lastChunk);
      }),
    );
    const asked = { body: { model: "", stream: true, user: `f15-${wire.provider}-000-000` } };
    const { before, texts, after } = wire.stream(asked);
    const splits = Math.floor((before.length + texts.join("").length + after.length - 20) / step);
    await times(splits, 16, async (turn) => {
      const model = modelOf(wire, 1 + turn * step);
      const { record, answer } = await each.ledger.send({ workspace, model, members: { stream: true } });
      const contents = [...String(answer?.body).matchAll(/"delta":\{"content":"([^"]*)"\}/g)];
      expect(contents.map(([, content]) => content).join("")).toBe(
        textsOf({ body: { model, stream: true, user: record.requestId } }).join(""),
      );
    });
    expect((await each.close()).outcomes).toEqual({ ok: splits });
  });
}

function leakyRefusals(world: World, wire: Wire): void {
  it("F12 a refusal that repeats the provider key · nobody learns it", async () => {
    const each = openCase(world, `f12-${wire.provider}`);
    const workspace = await each.workspace(
      target(world, wire, (call) => answerError(call, { status: 400, message: `${secret} is wrong` })),
    );
    const { answer } = await each.ledger.send({ workspace, model: modelOf(wire, 1) });
    await each.close();
    const seen = [String(answer?.body), JSON.stringify(await each.rows(workspace)), each.stack.proxy().log()];
    expect(seen.filter((text) => text.includes(secret))).toEqual([]);
  });
}

function redirectedTranslated(world: World, wire: Wire): void {
  it("F19 a redirect · 502, and the key in its own header is not seen elsewhere", async () => {
    const hits: unknown[] = [];
    const trap = createServer((request, response) => {
      hits.push(request.headers);
      response.end();
    });
    await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
    try {
      const each = openCase(world, `f19-${wire.provider}`);
      const keys: (string | undefined)[] = [];
      const workspace = await each.workspace(
        target(world, wire, (call) => {
          keys.push(call.headers.get("x-api-key") ?? call.headers.get("x-goog-api-key"));
          return call.write(headOf(307, `location: http://127.0.0.1:${portOf(trap)}/`, "content-length: 0"));
        }),
      );
      const { record } = await each.ledger.send({ workspace, model: modelOf(wire, 1) });
      await each.close();
      expect(record).toMatchObject({ status: 502, errorCode: "upstream_redirect" });
      expect([keys, hits]).toEqual([[secret], []]);
    } finally {
      trap.close();
    }
  });
}
