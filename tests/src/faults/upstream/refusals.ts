import { describe, expect, it } from "vitest";
import { report } from "../../harness/figures.ts";
import { headerOf } from "../../harness/gateway-client.ts";
import { answerError, answerWell } from "../../harness/scripted-answer.ts";
import type { Script, ScriptedCall } from "../../harness/scripted-upstream.ts";
import type { TestWorkspace } from "../../harness/workspace.ts";
import type { LedgerAnswer } from "../../ledger/client-ledger.ts";
import { type Case, openCase, times, type World } from "./world.ts";

/** Sends requests for one model, one after another. */
async function ask(each: Case, workspace: TestWorkspace, count: number): Promise<LedgerAnswer[]> {
  const answers: LedgerAnswer[] = [];
  for (let turn = 0; turn < count; turn++) {
    answers.push(await each.ledger.send({ workspace, model: "m?echo=1" }));
  }
  return answers;
}

/** Notes when it is called. */
function counted(calls: number[], script: Script): Script {
  return (call) => {
    calls.push(performance.now());
    return script(call);
  };
}

/** F9. */
export function throttled(world: World): void {
  const waitSeconds = 2;
  const throttle = (seconds: number) => (call: ScriptedCall) =>
    answerError(call, { status: 429, headers: [`retry-after: ${seconds}`] });
  const throttleOnce =
    (seconds: number): Script =>
    (call) =>
      call.turn === 0 ? throttle(seconds)(call) : answerWell(call);

  it("F9 429 with retry-after, another target · it serves, and nobody asks the first in the meantime", async () => {
    const each = openCase(world, "f9");
    const calls: number[] = [];
    const workspace = await each.workspace(counted(calls, throttleOnce(waitSeconds)), "mock");
    const began = performance.now();
    while (calls.length < 2 && performance.now() - began < 20_000) await ask(each, workspace, 1);
    const { outcomes, requests } = await each.close();
    expect(outcomes).toEqual({ ok: requests });
    const [first = 0, second = 0] = calls;
    report(
      `F9 429 with retry-after 2: asked again after ${(second - first).toFixed(0)} ms, ${requests} served`,
    );
    expect(second - first).toBeGreaterThanOrEqual(waitSeconds * 1_000);
  });

  it("F9 429 with a short retry-after, no other target · waited for once, then answered", async () => {
    const each = openCase(world, "f9-short");
    const calls: number[] = [];
    const workspace = await each.workspace(counted(calls, throttleOnce(1)));
    const [only] = await ask(each, workspace, 1);
    await each.close();
    expect(only?.record.outcome).toBe("ok");
    expect(calls).toHaveLength(2);
    expect((calls[1] ?? 0) - (calls[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it("F9 429 with a long retry-after, no other target · passed on with it", async () => {
    const each = openCase(world, "f9-long");
    const workspace = await each.workspace(throttle(30));
    const [only] = await ask(each, workspace, 1);
    await each.close();
    expect([only?.record.status, headerOf(only?.answer?.headers ?? {}, "retry-after")]).toEqual([429, "30"]);
  });
}

/** F10. */
export function spentAccount(world: World): void {
  it.each(["insufficient_quota", "enforced_spend_limit_reached"])(
    "F10 429 %s · one call to that key, whatever the model",
    async (code) => {
      const each = openCase(world, "f10");
      const calls: number[] = [];
      const spent: Script = (call) => answerError(call, { status: 429, code });
      const workspace = await each.workspace(counted(calls, spent), "mock");
      await ask(each, workspace, 10);
      for (let turn = 0; turn < 10; turn++) await each.ledger.send({ workspace, model: `other-${turn}` });
      expect((await each.close()).outcomes).toEqual({ ok: 20 });
      expect(calls).toHaveLength(1);
    },
  );
}

/** F11. */
export function serverErrors(world: World, runs: number): void {
  const statuses = [500, 502, 503, 504, 529];

  it.each(statuses)(
    `F11 %i, another target, ${runs} runs · served, and the first is soon left alone`,
    async (status) => {
      const each = openCase(world, `f11-${status}`);
      const calls: number[] = [];
      const workspace = await each.workspace(
        counted(calls, (call) => answerError(call, { status })),
        "mock",
      );
      await ask(each, workspace, runs);
      const { outcomes } = await each.close();
      expect(outcomes).toEqual({ ok: runs });
      // Five failures open its breaker; a run that takes longer than 30 s sees a probe.
      report(`F11 ${status}: ${calls.length} of ${runs} requests asked the failing target`);
      expect(calls.length).toBeLessThanOrEqual(6);
    },
  );

  it.each(statuses)(
    "F11 %i, no other target · tried three times, and told not to try again",
    async (status) => {
      const each = openCase(world, `f11-alone-${status}`);
      const workspace = await each.workspace((call) => answerError(call, { status }));
      const [only] = await ask(each, workspace, 1);
      expect((await each.close()).attempts).toBe(3);
      expect(only?.record.status).toBe(status);
      expect(headerOf(only?.answer?.headers ?? {}, "x-should-retry")).toBe("false");
    },
  );

  it("F11 500 once, no other target · the second try answers", async () => {
    const each = openCase(world, "f11-once");
    const workspace = await each.workspace((call) =>
      call.turn === 0 ? answerError(call, { status: 500 }) : answerWell(call),
    );
    await ask(each, workspace, 1);
    expect(await each.close()).toMatchObject({ attempts: 2, outcomes: { ok: 1 } });
  });
}

/** F12. */
export function clientErrors(world: World): void {
  const secret = "sk-canary-of-the-provider-key";
  const keyed = (each: Case, script: Script) =>
    each.workspace({ provider: "openai-compatible", secret, base_url: each.upstream.serve(script) });

  describe("F12", () => {
    it.each([400, 404, 413, 422])(
      "%i · passed on as it is, one call, no mark against the target",
      async (status) => {
        const each = openCase(world, `f12-${status}`);
        const workspace = await keyed(each, (call) =>
          call.turn < 10 ? answerError(call, { status, code: "of-the-provider" }) : answerWell(call),
        );
        const answers = await ask(each, workspace, 11);
        expect((await each.close()).attempts).toBe(11);
        expect(answers.slice(0, 10).map(({ record }) => [record.status, record.errorCode])).toEqual(
          Array.from({ length: 10 }, () => [status, "of-the-provider"]),
        );
        expect(answers.at(-1)?.record.outcome).toBe("ok");
      },
    );

    it.each([401, 403])("%i of the provider · 502 upstream_auth", async (status) => {
      const each = openCase(world, `f12-${status}`);
      const workspace = await keyed(each, (call) => answerError(call, { status, code: "invalid_api_key" }));
      const [only] = await ask(each, workspace, 1);
      expect((await each.close()).attempts).toBe(1);
      expect(only?.record).toMatchObject({ status: 502, errorCode: "upstream_auth" });
    });

    it.each([400, 401, 403, 404, 413, 422, 429, 500])(
      "%i that repeats the provider key · nobody learns it",
      async (status) => {
        const each = openCase(world, `f12-secret-${status}`);
        const workspace = await keyed(each, (call) =>
          answerError(call, {
            status,
            message: `Incorrect API key provided: ${secret}`,
            headers: [`x-key: ${secret}`, `openai-organization: ${secret}`, "retry-after: 60"],
          }),
        );
        const [only] = await ask(each, workspace, 1);
        await each.close();
        expect(only?.record.outcome).toBe("error_json");
        const answer = JSON.stringify([only?.answer?.headers, only?.answer?.body.toString()]);
        const rows = JSON.stringify(await each.rows(workspace));
        expect([answer, rows, each.stack.proxy().log()].filter((text) => text.includes(secret))).toEqual([]);
      },
    );
  });
}

/** F24. */
export function otherTenants(world: World, runs: number): void {
  it(`F24 one tenant's credential fails always, ${runs} runs · the other tenant at the same origin notices nothing`, async () => {
    const each = openCase(world, "f24");
    const bad = "sk-of-the-failing-tenant";
    const base_url = each.upstream.serve((call) =>
      call.headers.get("authorization") === `Bearer ${bad}`
        ? answerError(call, { status: 503 })
        : answerWell(call),
    );
    const failing = await each.workspace({ provider: "openai-compatible", secret: bad, base_url });
    const well = await each.workspace({ provider: "openai-compatible", secret: "sk-well", base_url });
    await times(2 * runs, 16, async (turn) => {
      await each.ledger.send({ workspace: turn % 2 === 0 ? failing : well, model: "m?echo=1" });
    });
    const { outcomes } = await each.close();
    expect(outcomes).toEqual({ ok: runs, error_json: runs });
    const served = each.ledger.records.filter(
      ({ workspaceId, outcome }) => workspaceId === well.id && outcome === "ok",
    );
    report(`F24 ${served.length} of ${runs} requests of the other tenant served`);
    expect(served).toHaveLength(runs);
  });
}
