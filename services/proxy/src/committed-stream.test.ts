import type { AttemptOutcome } from "@perpetuo/contracts/request-log";
import { streamDecoder } from "@perpetuo/gateway/adapters/openai/decode-stream";
import { describe, expect, test } from "vitest";
import type { StreamEnd } from "./answer.ts";
import { delta, done, finish, streamCall, usage } from "./attempt.test-fixture.ts";
import { CommittedStream } from "./committed-stream.ts";
import { TurnEnd } from "./turn-end.ts";
import { ScriptedCall } from "./upstream.test-fake.ts";

/** A stream committed with its first event, and what its host and sink hear. */
function commit(first = delta("a")) {
  const decoder = streamDecoder({ call: streamCall() });
  const heard = {
    bytes: "",
    ends: [] as StreamEnd[],
    patience: [] as string[],
    finished: [] as [AttemptOutcome, string | null][],
  };
  const upstream = new ScriptedCall({} as ScriptedCall["request"], {
    onHead: () => undefined,
    onData: () => undefined,
    onEnd: () => undefined,
    onError: () => undefined,
  });
  const turns: (() => void)[] = [];
  const early = decoder.push(Buffer.from(first));
  const stream = new CommittedStream(
    {
      decoder,
      upstream,
      turnEnd: new TurnEnd((run) => turns.push(run)),
      presentable: (message) => message.replace("secret", "[hidden]"),
      expectMore: (patience) => heard.patience.push(patience),
      finish: (outcome, error) => heard.finished.push([outcome, error]),
    },
    early.length === 0 ? [] : [early],
  );
  const relay = () =>
    stream.relayTo({
      onBytes: (bytes) => {
        heard.bytes += bytes.toString();
      },
      onEnd: (end) => heard.ends.push(end),
    });
  const endTurn = () => {
    for (const run of turns.splice(0)) run();
  };
  const arrive = (text: string) => stream.onData(Buffer.from(text));
  const push = (text: string) => {
    arrive(text);
    endTurn();
  };
  return { stream, upstream, heard, relay, arrive, endTurn, push };
}

describe("CommittedStream", () => {
  test("a whole stream · every byte in order, the tail apart, one end", () => {
    const { stream, heard, relay, push } = commit();
    relay();
    push(delta("b"));
    push(finish + usage + done);
    stream.onEnd();
    expect(heard.bytes).toBe(delta("a") + delta("b") + finish);
    expect(heard.ends).toEqual([{ kind: "complete", tail: Buffer.from(done), error: null }]);
    expect(heard.finished).toEqual([["ok", null]]);
  });

  test("over before relay begins · what came is kept, then the end", () => {
    const { stream, heard, relay, push } = commit();
    push(finish + done);
    stream.onEnd();
    expect(heard.ends).toEqual([]);
    relay();
    expect(heard.bytes).toBe(delta("a") + finish);
    expect(heard.ends).toHaveLength(1);
  });

  test("small pieces · are handed on at the end of the turn", () => {
    const { heard, relay, arrive, endTurn } = commit();
    relay();
    arrive(delta("b"));
    expect(heard.bytes).toBe(delta("a"));
    endTurn();
    expect(heard.bytes).toBe(delta("a") + delta("b"));
  });

  test("a second piece in a turn, or a large one · is handed on at once, behind what was put off", () => {
    const { heard, relay, arrive, endTurn } = commit();
    const large = delta("x".repeat(5_000));
    relay();
    arrive(delta("b"));
    arrive(delta("c"));
    expect(heard.bytes).toBe(delta("a") + delta("b") + delta("c"));
    arrive(large);
    expect(heard.bytes.endsWith(large)).toBe(true);
    const before = heard.bytes;
    endTurn();
    expect(heard.bytes).toBe(before);
  });

  test.each(["end", "break", "cancel"])("%s in the turn of the last piece · comes behind it", (how) => {
    const { stream, heard, relay, arrive, endTurn } = commit();
    relay();
    arrive(finish);
    if (how === "end") stream.onEnd();
    else if (how === "break")
      stream.onError({ code: "upstream_unreachable", message: "ECONNRESET", sent: true });
    else stream.cancel("the instance stopped");
    expect(heard.bytes).toBe(delta("a") + finish);
    expect(heard.ends).toHaveLength(how === "cancel" ? 0 : 1);
    endTurn();
    expect(heard.bytes).toBe(delta("a") + finish);
  });

  test("[DONE] without its blank line · is the end all the same", () => {
    const { stream, heard, relay, push } = commit();
    relay();
    push("data: [DONE]");
    stream.onEnd();
    expect(heard.ends).toEqual([{ kind: "complete", tail: Buffer.from("data: [DONE]"), error: null }]);
  });

  test("no terminal event · broken, although the connection ended in order", () => {
    const { stream, heard, relay } = commit();
    relay();
    stream.onEnd();
    expect(heard.ends).toMatchObject([{ kind: "broken", failure: { code: "upstream_stream_interrupted" } }]);
    expect(heard.finished).toMatchObject([["failed", expect.any(String)]]);
  });

  test("a broken connection · broken, whatever broke it", () => {
    const { stream, heard, relay } = commit();
    relay();
    stream.onError({ code: "upstream_unreachable", message: "ECONNRESET", sent: true });
    expect(heard.ends).toMatchObject([
      { kind: "broken", failure: { code: "upstream_stream_interrupted", message: "ECONNRESET" } },
    ]);
  });

  test("an error event and its end · complete, and failed, in words that the log may have", () => {
    const { stream, heard, relay, push } = commit();
    relay();
    push('data: {"error":{"message":"lost secret"}}\n\n');
    stream.onEnd();
    expect(heard.ends).toMatchObject([{ kind: "complete", error: "lost [hidden]" }]);
    expect(heard.finished).toEqual([["failed", "lost [hidden]"]]);
    expect(heard.bytes).toContain('{"error":');
  });

  test("patience · the idle time for each piece, a grace after [DONE], none of it while the reader is behind", () => {
    const { stream, upstream, heard, relay, push } = commit();
    relay();
    push(delta("b"));
    stream.pause();
    stream.resume();
    push(done);
    expect(heard.patience).toEqual(["idle", "idle", "none", "idle", "terminal"]);
    expect(upstream.asked).toEqual(["pause", "resume"]);
  });

  test("expired in silence · the upstream is stopped and the stream broken", () => {
    const { stream, upstream, heard, relay } = commit();
    relay();
    stream.expire("too long");
    expect(upstream.aborted).toBe(true);
    expect(heard.ends).toMatchObject([{ kind: "broken", failure: { code: "upstream_timeout" } }]);
  });

  test("expired after [DONE] · complete: an upstream that does not hang up is not waited for", () => {
    const { stream, upstream, heard, relay, push } = commit();
    relay();
    push(finish + done);
    stream.expire("too long");
    expect(upstream.aborted).toBe(true);
    expect(heard.ends).toMatchObject([{ kind: "complete", tail: Buffer.from(done) }]);
    expect(heard.finished).toEqual([["ok", null]]);
  });

  test("cancelled · the upstream is stopped, the sink hears nothing more, and only once is it written down", () => {
    const { stream, upstream, heard, relay } = commit();
    relay();
    stream.cancel("the client left");
    stream.cancel("the client left");
    stream.expire("too long");
    expect(upstream.asked).toEqual(["abort"]);
    expect(heard.ends).toEqual([]);
    expect(heard.finished).toMatchObject([["aborted", expect.any(String)]]);
  });
});
