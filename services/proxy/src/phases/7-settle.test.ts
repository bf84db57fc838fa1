import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { describe, expect, test } from "vitest";
import { done } from "../attempt.test-fixture.ts";
import { unlimitedAdmission } from "../counters.ts";
import type { Ending } from "../ending.ts";
import { FakeExchange } from "../exchange.test-fake.ts";
import type { Verdict } from "../receipt.ts";
import { callOf, planOf, principalOf, receiptOf } from "../request.test-fixture.ts";
import { settle } from "./7-settle.ts";

type Deps = Parameters<typeof settle>[1];
type Options = { started?: boolean; diskFull?: boolean; authenticated?: boolean; later?: boolean };

/** A request at its end, with what settle does in order. */
function world({ started = false, diskFull = false, authenticated = true, later = false }: Options = {}) {
  let left = 0;
  /** With `later`: what is to be called once the record is written. */
  const writes: (() => void)[] = [];
  const events: string[] = [];
  const records: RequestLogRecord[] = [];
  const verdicts: Verdict[] = [];
  const settled: { tokens: number; costMicros: number }[] = [];
  const exchange = new FakeExchange({ events });
  exchange.started = started;
  const principal = principalOf();
  const receipt = receiptOf(principal, callOf());
  if (!authenticated) receipt.principal = null;
  receipt.target = planOf(principal).targets[0] ?? null;
  const deps: Deps = {
    now: () => 40,
    isSpoolFull: () => false,
    append(record, done) {
      events.push("append");
      if (!diskFull) records.push(record);
      const tell = () => done(diskFull ? { kind: "failed", cause: "the disk is full" } : { kind: "written" });
      if (later) writes.push(tell);
      else tell();
    },
    observe: ({ verdict }) => {
      events.push("observe");
      verdicts.push(verdict);
    },
    logFailure: () => events.push("log"),
    debugHeaders: [],
    entrance: { leave: () => events.push("leave place") },
    leave: () => {
      left++;
    },
    counters: {
      settle: (_admission, actual) => {
        events.push("give back");
        settled.push(actual);
      },
    },
  };
  const run = (ending: Ending) => settle({ exchange, receipt, ending }, deps);
  return { exchange, receipt, deps, events, records, verdicts, settled, writes, run, left: () => left };
}

const refusedBy = (error: PerpetuoError): Ending => ({ kind: "refused", error });
const whole: Ending = {
  kind: "whole",
  status: 200,
  headers: [["content-type", "application/json"]],
  body: Buffer.from("{}"),
  failure: null,
};
const complete: Ending = { kind: "stream-complete", tail: Buffer.from(done), upstreamError: null };
const broken: Ending = {
  kind: "stream-broken",
  failure: { code: "upstream_stream_interrupted", message: "ECONNRESET", sent: true },
};

describe("the order", () => {
  test.each<[string, Ending, Options, string]>([
    ["a whole answer", whole, {}, "respond"],
    ["a stream", complete, { started: true }, "finish"],
    ["a broken stream", broken, { started: true }, "finish"],
    ["a refusal", refusedBy(new PerpetuoError("overloaded")), {}, "respond"],
  ])("%s · the record before the last bytes", (...[, ending, options, last]) => {
    const { run, events, records } = world(options);
    run(ending);
    expect(events).toEqual(["append", last, "observe"]);
    expect(records).toHaveLength(1);
  });

  test("a reservation · is given back before the last bytes, once", () => {
    const { run, receipt, events, settled } = world();
    receipt.admission = unlimitedAdmission(0);
    receipt.place = { row: 2 };
    receipt.usage = { ...receipt.usage, input_tokens: 10, output_tokens: 5 };
    run(whole);
    expect(events).toEqual(["append", "leave place", "give back", "respond", "observe"]);
    expect(settled).toEqual([{ tokens: 15, costMicros: 20 }]);
  });

  test("tokens whose cost is unknown · keep the cost that was reserved; nothing taken, nothing kept", () => {
    for (const [input_tokens, costMicros] of Object.entries({ 10: 77, 0: 0 })) {
      const { run, receipt, settled } = world();
      receipt.admission = { ...unlimitedAdmission(0), demand: { tokens: 100, costMicros: 77 } };
      const tokens = Number(input_tokens);
      receipt.usage = { ...receipt.usage, input_tokens: tokens, cached_input_tokens: tokens };
      run(whole);
      expect(settled).toEqual([{ tokens, costMicros }]);
    }
  });

  test.each([whole, complete, broken])(
    "$kind, whose record waits for its write · nothing is sent and nothing left until then",
    (ending) => {
      const { run, events, writes, left } = world({ later: true, started: ending.kind !== "whole" });
      run(ending);
      expect([events, left()]).toEqual([["append"], 0]);
      writes[0]?.();
      expect([events, left()]).toEqual([
        ["append", ending.kind === "whole" ? "respond" : "finish", "observe"],
        1,
      ]);
    },
  );

  test.each(["the record", "the counters"])(
    "a failure in %s · is said, and the request is left once",
    (place) => {
      const { receipt, exchange, deps, events, left } = world();
      const fail = () => {
        throw new Error("a bug");
      };
      if (place === "the record") Object.defineProperty(receipt, "firstByteAt", { get: fail });
      settle(
        { exchange, receipt, ending: whole },
        place === "the record" ? deps : { ...deps, observe: fail },
      );
      expect(events.filter((event) => event === "log")).toHaveLength(1);
      expect([exchange.status, left()]).toEqual([place === "the record" ? 500 : 200, 1]);
    },
  );

  test("nobody was authenticated · no record, the answer all the same", () => {
    const { run, events, exchange } = world({ authenticated: false });
    run(refusedBy(new PerpetuoError("invalid_api_key")));
    expect(events).toEqual(["respond", "observe"]);
    expect(exchange.status).toBe(401);
  });

  test("the client has gone · a record, and nothing is sent", () => {
    const { run, events, records } = world({ started: true });
    run({ kind: "client-gone", reason: "client-gone" });
    expect(events).toEqual(["append", "observe"]);
    expect(records[0]).toMatchObject({ status_code: 499, error_code: "client_closed_request" });
  });
});

test("a record that cannot be encoded · 500, and everything is given back once", () => {
  const { run, deps, exchange, events, left } = world();
  deps.append = () => {
    throw new TypeError("a record of a shape that nobody has foreseen");
  };
  run(whole);
  expect([exchange.status, left()]).toEqual([500, 1]);
  expect(events).toEqual(["log", "respond", "observe"]);
});

describe("a disk that takes no record", () => {
  test("refused because the spool is full · no record, which would grow it", () => {
    const { run, deps, events } = world();
    deps.isSpoolFull = () => true;
    run(refusedBy(new PerpetuoError("spool_full")));
    expect(events).toEqual(["respond", "observe"]);
  });

  test("before anything was sent · 503 instead of the answer", () => {
    const { run, exchange, events } = world({ diskFull: true });
    run(whole);
    expect(events).toEqual(["append", "log", "respond", "observe"]);
    expect(exchange.status).toBe(503);
    expect(exchange.text).toContain('"spool_full"');
    expect(exchange.header("retry-after")).toEqual(["5"]);
  });

  test("within a stream · an error event instead of [DONE]", () => {
    const { run, exchange } = world({ diskFull: true, started: true });
    run(complete);
    expect(exchange.text).toMatch(/^data: \{"error":\{.*"code":"spool_full"\}\}\n\n$/);
    expect(exchange.text).not.toContain("[DONE]");
  });
});

describe("what the client gets", () => {
  test("a whole answer · as it is", () => {
    const { run, exchange } = world();
    run(whole);
    expect([exchange.status, exchange.text]).toEqual([200, "{}"]);
  });

  test("a complete stream · the withheld tail", () => {
    const { run, exchange } = world({ started: true });
    run(complete);
    expect(exchange.text).toBe(done);
  });

  test("a broken stream · an error event in OpenAI's envelope, no upstream words, no [DONE]", () => {
    const { run, exchange } = world({ started: true });
    run(broken);
    const data = exchange.text.slice("data: ".length).trimEnd();
    expect(JSON.parse(data)).toMatchObject({
      error: { code: "upstream_stream_interrupted", type: "upstream_error", param: null },
    });
    expect(exchange.text).not.toMatch(/ECONNRESET|\[DONE\]/);
  });

  test("a stream broken before its first byte · a plain 502", () => {
    const { run, exchange } = world();
    run(broken);
    expect([exchange.status, exchange.events]).toEqual([502, ["append", "respond", "observe"]]);
  });

  test("a refusal · the envelope, the request id, and never the internal words", () => {
    const { run, exchange } = world();
    const error = new PerpetuoError("upstream_auth", { internal: "the key sk-1 is bad", param: "model" });
    run({ kind: "refused", error });
    expect(exchange.status).toBe(502);
    expect(JSON.parse(exchange.text)).toEqual({
      error: { message: error.message, type: "upstream_error", param: "model", code: "upstream_auth" },
    });
    expect(exchange.header("x-request-id")).toEqual(["request-1"]);
    expect(exchange.header("content-type")).toEqual(["application/json"]);
  });

  test.each(["request_timeout", "payload_too_large"] as const)("%s · its connection ends", (code) => {
    const { run, exchange } = world();
    run(refusedBy(new PerpetuoError(code)));
    expect(exchange.answerHead?.closeConnection).toBe(true);
  });

  test("a refusal after two attempts, and a spent budget · advice not to repeat", () => {
    const { run, exchange, receipt } = world();
    const attempted = { outcome: "failed", status: 503 } as (typeof receipt.attempts)[number];
    receipt.attempts.push(attempted, attempted);
    run(refusedBy(new PerpetuoError("upstream_unreachable")));
    expect(exchange.header("x-should-retry")).toEqual(["false"]);
    const spent = world();
    spent.run(refusedBy(new PerpetuoError("insufficient_quota")));
    expect(spent.exchange.header("x-should-retry")).toEqual(["false"]);
    const once = world();
    once.run(refusedBy(new PerpetuoError("upstream_unreachable")));
    expect(once.exchange.header("x-should-retry")).toEqual([]);
  });
});

const stalled: Ending = { kind: "client-gone", reason: "client-stalled" };

describe("the record", () => {
  test("a priced answer · its usage and its cost", () => {
    const { run, receipt, records } = world();
    receipt.usage = { ...receipt.usage, input_tokens: 10, output_tokens: 5, reasoning_tokens: 1 };
    run(whole);
    expect(records[0]).toMatchObject({
      status_code: 200,
      error_code: null,
      provider: "mock",
      upstream_model: "gpt",
      input_tokens: 10,
      output_tokens: 5,
      reasoning_tokens: 1,
      cost_micros: 20,
      duration_ms: 40,
      created_at: "2026-01-02T00:00:00.000Z",
    });
  });

  test("usage without a known price · a null cost; no usage · no cost", () => {
    const unpriced = world();
    const { target } = unpriced.receipt;
    if (target === null) throw new Error("the plan is empty");
    unpriced.receipt.target = { ...target, upstreamModel: "unpriced" };
    unpriced.receipt.usage = { ...unpriced.receipt.usage, output_tokens: 5 };
    unpriced.run(whole);
    expect(unpriced.records[0]?.cost_micros).toBeNull();
    const unused = world();
    unused.run(whole);
    expect(unused.records[0]?.cost_micros).toBe(0);
  });

  test.each<[Ending, number, string | null, string | null]>([
    [{ ...complete, upstreamError: "overloaded" }, 502, "upstream_error", "overloaded"],
    [broken, 502, "upstream_stream_interrupted", "ECONNRESET"],
    [stalled, 499, "client_closed_request", "the client stopped reading"],
    [refusedBy(new PerpetuoError("upstream_auth", { internal: "bad key" })), 502, "upstream_auth", "bad key"],
    [refusedBy(new PerpetuoError("invalid_json")), 400, "invalid_json", "The body is not valid JSON."],
  ])("%j · %j", (...[ending, status_code, error_code, error_message]) => {
    const { run, records, verdicts } = world({ started: ending.kind !== "refused" });
    run(ending);
    expect(records[0]).toMatchObject({ status_code, error_code, error_message });
    expect(verdicts).toEqual([{ status: status_code, errorCode: error_code, errorMessage: error_message }]);
  });
});
