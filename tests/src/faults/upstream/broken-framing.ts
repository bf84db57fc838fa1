import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { report } from "../../harness/figures.ts";
import { portOf } from "../../harness/free-ports.ts";
import type { GatewayAnswer } from "../../harness/gateway-client.ts";
import {
  answerWell,
  answerWhole,
  chunkedBody,
  chunkOf,
  headOf,
  jsonType,
  lastChunk,
  lengthOf,
  noteWhole,
  wholeAnswer,
} from "../../harness/scripted-answer.ts";
import type { Script, ScriptedCall } from "../../harness/scripted-upstream.ts";
import { type Judgement, judgeAnswer } from "../../ledger/judge-answer.ts";
import { watchBounds } from "../../ledger/watch-bounds.ts";
import { openCase, times, type World } from "./world.ts";

const mebibyte = 1_048_576;

/** Bytes of an answer whose framing is not what it says; the connection stays open after them. */
const misframed: Record<string, (body: Buffer) => Buffer | string> = {
  "a length too short": (body) => headOf(200, jsonType, `content-length: ${body.length - 10}`) + body,
  "a length too long": (body) => headOf(200, jsonType, `content-length: ${body.length + 10}`) + body,
  "a length and chunks": (body) =>
    headOf(200, jsonType, lengthOf(body), chunkedBody) + chunkOf(body) + lastChunk,
  "two lengths": (body) => headOf(200, jsonType, lengthOf(body), "content-length: 5") + body,
  "a list of lengths": (body) => headOf(200, jsonType, `content-length: ${body.length}, 5`) + body,
  "a signed length": (body) => headOf(200, jsonType, `content-length: +${body.length}`) + body,
  "a negative length": (body) => headOf(200, jsonType, "content-length: -1") + body,
  "a length beyond counting": (body) => headOf(200, jsonType, "content-length: 99999999999999999999") + body,
  "a chunk size that is none": (body) => `${headOf(200, jsonType, chunkedBody)}zz\r\n${body}\r\n${lastChunk}`,
  "a later chunk size that is none": (body) =>
    `${headOf(200, jsonType, chunkedBody) + chunkOf(body.subarray(0, 20))}zz\r\n${body}`,
  "a chunk without its line end": (body) =>
    `${headOf(200, jsonType, chunkedBody) + body.length.toString(16)}\r\n${body}XX${lastChunk}`,
  "a chunk size beyond counting": (body) =>
    `${headOf(200, jsonType, chunkedBody)}fffffffffffffffff\r\n${body}\r\n${lastChunk}`,
  "bare line feeds": (body) => headOf(200, jsonType, lengthOf(body)).replaceAll("\r\n", "\n") + body,
  "bytes that are not HTTP": () => Buffer.from(Array.from({ length: 512 }, (_, at) => (at * 73 + 11) % 256)),
  "a second answer right behind": (body) => {
    const one = headOf(200, jsonType, lengthOf(body)) + body;
    return one + one.replaceAll("canary(", "canary(stolen-");
  },
  "garbage right behind": (body) => `${headOf(200, jsonType, lengthOf(body)) + body}\0garbage\r\n\r\n`,
};

/** F17. */
export function wrongFraming(world: World, rounds: number): void {
  it.concurrent.each(Object.keys(misframed))(
    `F17 %s, ${rounds} rounds · nothing of it reaches the next request`,
    async (name) => {
      const each = openCase(world, "f17");
      const bytesOf = misframed[name] ?? String;
      // Every other call is answered well: its client must not see what an answer before it left behind.
      const workspace = await each.workspace(async (call) => {
        if (call.body.model === "well") return answerWhole(call);
        call.record.tokens = 0;
        await call.write(bytesOf(wholeAnswer(call)));
      });
      for (let round = 0; round < rounds; round++) {
        const headers = { "x-perpetuo-timeout-ms": "500" };
        const model = `bad-${round}`;
        // What a length cuts off is whole to HTTP: the client gets it as any answer that is not JSON.
        const judge = (answer: GatewayAnswer): Judgement =>
          answer.status === 200 ? { outcome: "ok", errorCode: null, detail: null } : judgeAnswer(answer);
        const bad = await each.ledger.send({ workspace, model, headers, judge, tokens: "unmetered" });
        expect(["ok", "error_json"]).toContain(bad.record.outcome);
        const { record } = await each.ledger.send({ workspace, model: "well" });
        expect(record).toMatchObject({ outcome: "ok", canaries: [record.requestId] });
      }
      await each.close();
    },
  );
}

const poison = (): string => {
  const body = '{"poison":"an answer that nobody asked for","canary":"canary(stolen)"}';
  return headOf(200, jsonType, lengthOf(body)) + body;
};

/** F18. */
export function lateAnswers(world: World, tries: number): void {
  it(`F18 a second answer at any time, ${tries} tries · the other tenant at the same origin never gets it`, async () => {
    const each = openCase(world, "f18-tenants");
    const hostileKey = "sk-of-the-hostile-tenant";
    const base_url = each.upstream.serve(async (call) => {
      await answerWell(call);
      if (call.headers.get("authorization") !== `Bearer ${hostileKey}`) return;
      if (call.turn % 3 === 1) await new Promise((resolve) => setImmediate(resolve));
      if (call.turn % 3 === 2) await delay(2);
      if (!call.socket.destroyed) call.socket.write(poison());
    });
    const provider = "openai-compatible";
    const hostile = await each.workspace({ provider, secret: hostileKey, base_url });
    const other = await each.workspace({ provider, secret: "sk-of-the-other", base_url });
    await times(tries, 8, async (turn) => {
      await Promise.all([
        // Its own poison may reach the hostile tenant itself: that is between it and its provider.
        each.client.call({
          apiKey: hostile.apiKey,
          body: { model: `m-${turn}`, messages: [{ role: "user", content: "x" }] },
        }),
        each.ledger.send({ workspace: other, model: "m?echo=1" }),
      ]);
    });
    expect((await each.close()).outcomes).toEqual({ ok: tries });
  });

  it(`F18 a second answer on an idle connection, ${tries} tries · the connection is closed and not used again`, async () => {
    const each = openCase(world, "f18-idle");
    const closings: Promise<number>[] = [];
    const workspace = await each.workspace(async (call) => {
      await answerWell(call);
      closings.push(call.closed);
      // A turn later the gateway has given its client the answer, and the connection lies idle.
      await new Promise((resolve) => setImmediate(resolve));
      if (!call.socket.destroyed) call.socket.write(poison());
    });
    for (let turn = 0; turn < tries; turn++) {
      const { record } = await each.ledger.send({ workspace, model: "m?echo=1" });
      expect(record.outcome).toBe("ok");
      await closings.at(-1);
    }
    expect((await each.close()).outcomes).toEqual({ ok: tries });
  });

  it(`F18 a second answer at an address that tenants share, ${tries} tries · nobody gets another's`, async () => {
    const each = openCase(world, "f18-shared");
    const closings: Promise<number>[] = [];
    world.share(async (call) => {
      const isBehind = call.turn % 2 === 0;
      closings.push(call.closed);
      const body = wholeAnswer(call);
      noteWhole(call);
      await call.write(headOf(200, jsonType, lengthOf(body)) + body + (isBehind ? poison() : ""));
      await new Promise((resolve) => setImmediate(resolve));
      if (!isBehind && !call.socket.destroyed) call.socket.write(poison());
    });
    const tenants = [
      await each.workspace({ provider: "openai" }),
      await each.workspace({ provider: "openai" }),
    ];
    for (let turn = 0; turn < tries; turn++) {
      const [workspace = tenants[0]] = tenants.slice(turn % 2);
      if (workspace === undefined) throw new Error("There are two tenants.");
      const { record } = await each.ledger.send({ workspace, model: "gpt-4o-mini" });
      expect(record).toMatchObject({ outcome: "ok", canaries: [record.requestId] });
      await closings.at(-1);
    }
    await each.close();
  });
}

/** F19. */
export function redirects(world: World): void {
  it.each([301, 302, 303, 307, 308])(
    "F19 %i to elsewhere · 502, and nobody is called there",
    async (status) => {
      const hits: string[] = [];
      const trap = createServer((request, response) => {
        hits.push(JSON.stringify([request.url, request.headers]));
        response.end();
      });
      await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
      try {
        const each = openCase(world, `f19-${status}`);
        for (const place of [
          `http://127.0.0.1:${portOf(trap)}/v1`,
          "http://169.254.169.254/latest",
          "/v1/other",
        ]) {
          const workspace = await each.workspace((call: ScriptedCall) =>
            call.write(headOf(status, `location: ${place}`, "content-length: 0")),
          );
          const { record, answer } = await each.ledger.send({ workspace, model: "m" });
          expect(record).toMatchObject({ status: 502, errorCode: "upstream_redirect" });
          expect(answer?.headers["location"]).toBeUndefined();
        }
        expect((await each.close()).attempts).toBe(3);
        expect(hits).toEqual([]);
      } finally {
        trap.close();
      }
    },
  );
}

const hugeHeads: Record<string, Script> = {
  "a header of 20 KiB": (call) => answerWhole(call, wholeAnswer(call), `x-big: ${"b".repeat(20_480)}`),
  "10,000 header lines": (call) =>
    answerWhole(call, wholeAnswer(call), ...Array.from({ length: 10_000 }, (_, at) => `x-many-${at}: m`)),
  "a head without an end": async (call) => {
    await call.write("HTTP/1.1 200 OK\r\n");
    const lines = "x-endless: e\r\n".repeat(1_000);
    while (!call.socket.destroyed) await call.write(lines);
  },
  "informational heads without an end": async (call) => {
    const heads = headOf(103, "link: </style.css>").repeat(1_000);
    while (!call.socket.destroyed) await call.write(heads);
  },
  "a head that drips": async (call) => {
    await call.write("HTTP/1.1 200 OK\r\n");
    while (!call.socket.destroyed) {
      await call.write("x");
      await delay(20);
    }
  },
};

/** F20. */
export function hugeHeadsOf(world: World): void {
  describe("F20", () => {
    it.concurrent.each(Object.keys(hugeHeads))(
      "%s · an error in the envelope, in the same memory",
      async (name) => {
        const each = openCase(world, "f20");
        const workspace = await each.workspace(hugeHeads[name] ?? answerWell);
        const bounds = await watchBounds(each.stack);
        await times(8, 4, async (turn) => {
          const members = { stream: turn % 2 === 0 };
          const { record } = await each.ledger.send({ workspace, model: `m-${turn}`, members });
          expect([502, 504]).toContain(record.status);
          expect(record.errorCode).toMatch(/^upstream_/);
        });
        bounds.stop();
        await each.close();
        const growth = bounds.peakGrowth() / mebibyte;
        report(`F20 ${name}: the gateway grows by ${growth.toFixed(1)} MiB at most`);
        expect(growth).toBeLessThan(160);
      },
    );
  });
}
