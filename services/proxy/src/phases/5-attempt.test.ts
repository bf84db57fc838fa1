import { PerpetuoError } from "@perpetuo/contracts/errors";
import { describe, expect, test } from "vitest";
import { attemptWorld, streamCall } from "../attempt.test-fixture.ts";
import type { ScriptedUpstreams } from "../upstream.test-fake.ts";

const whole = '{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}';

/** Answers the calls in turn, each as the script says. */
async function play(upstreams: ScriptedUpstreams, statuses: number[]): Promise<void> {
  for (const [index, status] of statuses.entries()) {
    const call = upstreams.calls[index] ?? (await upstreams.next());
    call.answer(status, status < 300 ? whole : `{"error":{"message":"no ${status}"}}`);
  }
}

describe("attempt", () => {
  test("the first target answers · its bytes, its usage, one attempt", async () => {
    const { run, upstreams, receipt } = attemptWorld({ targets: 2 });
    const answering = run();
    upstreams.calls[0]?.answer(200, whole, { "set-cookie": "a=b", "openai-processing-ms": "4" });
    expect(await answering).toEqual({
      kind: "whole",
      status: 200,
      headers: [
        ["content-type", "application/json"],
        ["openai-processing-ms", "4"],
      ],
      body: Buffer.from(whole),
      failure: null,
    });
    expect(receipt.usage).toMatchObject({ input_tokens: 7, output_tokens: 3 });
    expect(receipt.calls).toBe(1);
    expect(receipt.attempts.map(({ outcome, status }) => [outcome, status])).toEqual([["ok", 200]]);
    expect(receipt.target?.providerKey.provider_key_id).toBe("provider-key-1");
  });

  test.each([408, 429, 500, 502, 503, 504, 529, 401, 403, 302])(
    "%i · the next target is asked, and its answer is the client's",
    async (status) => {
      const { run, upstreams, receipt } = attemptWorld({ targets: 2 });
      const answering = run();
      await play(upstreams, [status, 200]);
      expect(await answering).toMatchObject({ kind: "whole", status: 200, failure: null });
      expect(receipt.attempts.map(({ outcome, status: code }) => [outcome, code])).toEqual([
        ["failed", status],
        ["ok", 200],
      ]);
      expect(receipt.target?.providerKey.provider_key_id).toBe("provider-key-2");
    },
  );

  test.each([400, 404, 413, 422])("%i · goes straight back, as the upstream said it", async (status) => {
    const { run, upstreams } = attemptWorld({ targets: 2 });
    const answering = run();
    await play(upstreams, [status]);
    expect(await answering).toMatchObject({
      status,
      body: Buffer.from(`{"error":{"message":"no ${status}"}}`),
      failure: { code: "upstream_error", message: `no ${status}` },
    });
    expect(upstreams.calls).toHaveLength(1);
  });

  test("every target refuses · the last refusal, after three calls, with advice not to repeat", async () => {
    const { run, upstreams, receipt } = attemptWorld({ targets: 5 });
    const answering = run();
    for (let index = 0; index < 3; index++) {
      const call = upstreams.calls[index] ?? (await upstreams.next());
      call.answer(503, `{"error":"busy ${index}"}`, { "x-should-retry": "true", "retry-after": "2" });
    }
    expect(await answering).toMatchObject({
      status: 503,
      headers: [
        ["content-type", "application/json"],
        ["retry-after", "2"],
        ["x-should-retry", "false"],
      ],
      body: Buffer.from('{"error":"busy 2"}'),
    });
    expect(receipt.calls).toBe(3);
  });

  test("a sole target that refuses and is not asked again · its own advice stands", async () => {
    const { run, upstreams } = attemptWorld();
    const answering = run();
    upstreams.calls[0]?.answer(501, "{}", { "x-should-retry": "true" });
    expect(await answering).toMatchObject({
      headers: [
        ["content-type", "application/json"],
        ["x-should-retry", "true"],
      ],
    });
  });

  test.each([
    [401, "upstream_auth"],
    [403, "upstream_auth"],
    [307, "upstream_redirect"],
  ])("%i without an alternative · %s, never the upstream's answer", async (status, code) => {
    const { run, upstreams } = attemptWorld();
    const answering = run();
    await play(upstreams, [status]);
    await expect(answering).rejects.toMatchObject({ code, internal: `no ${status}` });
  });

  test("a refusal that repeats the credential · reaches neither client nor log", async () => {
    const { run, upstreams, receipt } = attemptWorld();
    const answering = run();
    upstreams.calls[0]?.answer(400, `{"error":{"message":"bad key ${upstreams.secret}"}}`);
    const error: unknown = await answering.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "upstream_error" });
    expect(JSON.stringify([error, receipt.attempts, (error as PerpetuoError).internal])).not.toContain(
      upstreams.secret,
    );
  });

  test("no connection · the next target at once; none left · once more, then 502", async () => {
    const { run, upstreams, receipt } = attemptWorld({ targets: 2 });
    upstreams.connected = false;
    const answering = run();
    upstreams.calls[0]?.error("upstream_unreachable", "ECONNREFUSED");
    (await upstreams.next()).error("upstream_unreachable", "ECONNREFUSED");
    (await upstreams.next()).error("upstream_unreachable", "ECONNREFUSED");
    await expect(answering).rejects.toMatchObject({ code: "upstream_unreachable", internal: "ECONNREFUSED" });
    expect(receipt.attempts.map(({ outcome, status }) => [outcome, status])).toEqual([
      ["failed", null],
      ["failed", null],
      ["failed", null],
    ]);
  });

  test("broken after it was sent and before an answer · indeterminate, and the next target is asked", async () => {
    const { run, upstreams, receipt } = attemptWorld({ targets: 2 });
    const answering = run();
    upstreams.calls[0]?.error("upstream_unreachable", "ECONNRESET");
    (upstreams.calls[1] ?? (await upstreams.next())).answer(200, whole);
    await answering;
    expect(receipt.attempts.map(({ outcome }) => outcome)).toEqual(["indeterminate", "ok"]);
  });

  test("the client had left before · nobody is called, and no attempt is on the books", async () => {
    const { run, upstreams, exchange, receipt } = attemptWorld();
    exchange.leave();
    await expect(run()).rejects.toMatchObject({ code: "client_closed_request" });
    expect(upstreams.calls).toEqual([]);
    expect([receipt.calls, receipt.attempts]).toEqual([0, []]);
  });

  test("the client leaves · nobody else is called", async () => {
    const { run, upstreams, exchange, receipt } = attemptWorld({ targets: 2 });
    const answering = run();
    exchange.leave();
    await expect(answering).rejects.toMatchObject({ code: "client_closed_request" });
    expect(upstreams.calls).toHaveLength(1);
    expect(upstreams.calls[0]?.aborted).toBe(true);
    expect(receipt.attempts.map(({ outcome }) => outcome)).toEqual(["aborted"]);
    // The provider has read the prompt, and bills it.
    expect(receipt.usageEstimated).toBe(true);
    expect(receipt.usage.input_tokens).toBeGreaterThan(0);
    expect(receipt.usage.output_tokens).toBe(0);
  });

  test("the client's own time is over · no target is called that has no time left", async () => {
    const { run, pass, upstreams, receipt } = attemptWorld({ targets: 3, timeoutMs: 1_000 });
    const answering = run();
    pass(1_000);
    await expect(answering).rejects.toMatchObject({ code: "upstream_timeout" });
    expect(upstreams.calls).toHaveLength(1);
    expect(upstreams.calls[0]?.aborted).toBe(true);
    expect(receipt.attempts.map(({ outcome }) => outcome)).toEqual(["indeterminate"]);
  });

  test("the client's own time is over, no first event · 504; a stream that has begun goes on", async () => {
    const { run, pass, upstreams } = attemptWorld({ timeoutMs: 1_000, call: streamCall() });
    const answering = run();
    upstreams.calls[0]?.streamHead().data("data: {}\n\n");
    expect(await answering).toMatchObject({ kind: "stream" });
    pass(60_000);
    expect(upstreams.calls[0]?.aborted).toBe(false);
    pass(60_000);
    expect(upstreams.calls[0]?.aborted).toBe(true);

    const late = attemptWorld({ timeoutMs: 1_000, call: streamCall() });
    const failing = late.run();
    late.pass(1_000);
    await expect(failing).rejects.toMatchObject({ code: "upstream_timeout" });
  });

  test("a stream's silence · leaves time for the next target", async () => {
    const { run, pass, upstreams } = attemptWorld({ targets: 2, call: streamCall() });
    const answering = run();
    pass(5_000);
    pass(55_000);
    expect(upstreams.calls[0]?.aborted).toBe(true);
    (upstreams.calls[1] ?? (await upstreams.next())).streamHead().data("data: {}\n\n");
    expect(await answering).toMatchObject({ kind: "stream", status: 200 });
  });

  test.each([
    [new PerpetuoError("internal_error", { internal: "sealed under another key" }), "internal_error"],
    [Object.assign(new Error("no"), { code: "PERPETUO_ADDRESS_REFUSED" }), "upstream_address_refused"],
    [new Error("provider key 7 has no base URL"), "upstream_unreachable"],
  ])("a call that cannot be made (%s) · %s", async (refusal, code) => {
    const { run, upstreams, receipt } = attemptWorld();
    upstreams.refusal = refusal;
    await expect(run()).rejects.toMatchObject({ code });
    expect(receipt.attempts.map(({ outcome }) => outcome)).toEqual(["failed"]);
  });

  test("an empty plan · an error of the gateway's own", async () => {
    await expect(attemptWorld({ targets: 0 }).run()).rejects.toMatchObject({ code: "internal_error" });
  });

  test("the wait for upstreams · is not the gateway's own time", async () => {
    const { run, upstreams, clock, receipt } = attemptWorld();
    clock.now = 2;
    const answering = run();
    clock.now = 500;
    upstreams.calls[0]?.answer(200, whole);
    await answering;
    expect(receipt.gatewayMs).toBe(2);
    expect(receipt.workingSince).toBe(500);
  });
});
