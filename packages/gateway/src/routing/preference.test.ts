import { describe, expect, test } from "vitest";
import { readModelCall } from "../model-call.ts";
import { callOf, configOf, keyOf, keysOf, planFor, routeOf } from "./routing.test-fixture.ts";
import { shortlistsFor } from "./shortlists.ts";

describe("the fields models and provider", () => {
  test("absent or null · nothing is preferred, and null is taken out all the same", () => {
    expect(callOf().preference).toBeNull();
    const call = callOf({ models: null, provider: null });
    expect(call.preference).toEqual({ models: [], order: [], only: null, ignore: [], fallbacks: "allowed" });
    expect(call.fields.has("models")).toBe(false);
  });

  test("present · read, each name once, and no provider gets to see them", () => {
    const text =
      '{"model":"m", "models":["a","m","b","a"], "messages":[1],"provider":{"only":["mock"],"allow_fallbacks":false}}';
    const call = readModelCall("chat-completions", Buffer.from(text));
    expect(call.preference).toMatchObject({ models: ["a", "b"], only: ["mock"], fallbacks: "refused" });
    expect(call.body.toString()).toBe('{"model":"m", "messages":[1]}');
    expect(call.body[call.closingBrace]).toBe(0x7d);
  });

  test.each([
    [{ models: "a" }, "models"],
    [{ models: ["a", ""] }, "models[1]"],
    [{ models: ["a\u0000"] }, "models[0]"],
    [{ models: [7] }, "models[0]"],
    [{ models: Array(17).fill("a") }, "models"],
    [{ models: ["a".repeat(5_000)] }, "models"],
    [{ provider: "openai" }, "provider"],
    [{ provider: ["openai"] }, "provider"],
    [{ provider: { order: "openai" } }, "provider.order"],
    [{ provider: { order: ["openai", "nobody"] } }, "provider.order[1]"],
    [{ provider: { only: [1] } }, "provider.only[0]"],
    [{ provider: { ignore: Array(33).fill("openai") } }, "provider.ignore"],
    [{ provider: { allow_fallbacks: "no" } }, "provider.allow_fallbacks"],
    [{ provider: { data_collection: "deny" } }, "provider.data_collection"],
  ])("%j · 400 naming the field", (members, param) => {
    expect(() => callOf(members)).toThrow(expect.objectContaining({ code: "invalid_request", param }));
  });
});

describe("a plan by preference", () => {
  const keys = [
    keyOf("first", { provider: "openai", models: ["chat"] }),
    keyOf("second", { provider: "groq", models: ["chat"], priority: 2 }),
    keyOf("third", { provider: "mistral", models: ["chat", "other"], priority: 3 }),
  ];
  const config = configOf({ keys });
  const ordered = (members: object) => keysOf(planFor(config, callOf(members)));
  const reasons = (members: object) =>
    planFor(config, callOf(members)).candidates.map(({ verdict, reason }) => [verdict, reason]);

  test("provider.order · those first, the others behind them", () => {
    expect(ordered({ provider: { order: ["mistral", "groq"] } })).toEqual(["third", "second", "first"]);
    expect(ordered({ provider: { order: ["groq"] } })).toEqual(["second", "first", "third"]);
  });

  test("provider.only and provider.ignore · the others are skipped and say why", () => {
    expect(ordered({ provider: { only: ["groq", "mistral"], ignore: ["mistral"] } })).toEqual(["second"]);
    expect(reasons({ provider: { only: ["groq", "mistral"], ignore: ["mistral"] } })).toEqual([
      ["skipped", "the request's provider.only leaves its provider out"],
      ["target", "priority 2"],
      ["skipped", "the request's provider.ignore names its provider"],
    ]);
  });

  test("allow_fallbacks false · the first one alone", () => {
    expect(ordered({ provider: { allow_fallbacks: false, order: ["groq"] } })).toEqual(["second"]);
    expect(reasons({ provider: { allow_fallbacks: false } }).map(([, reason]) => reason)).toEqual([
      "priority 1",
      "the request allows no fallback",
      "the request allows no fallback",
    ]);
  });

  test("models · planned one after another, each target once", () => {
    const plan = planFor(config, callOf({ model: "other", models: ["chat", "nobody"] }));
    expect(plan.targets.map(({ id }) => id)).toEqual([
      "third/other",
      "first/chat",
      "second/chat",
      "third/chat",
    ]);
    expect(plan.candidates.map(({ reason }) => reason)).toContain("for 'chat': priority 1");
    const twice = planFor(config, callOf({ model: "chat", models: ["openai/chat"] }));
    expect(keysOf(twice)).toEqual(["first", "second", "third"]);
  });

  test("models with routes · each by its own route", () => {
    const routed = configOf({
      keys,
      routes: [routeOf({ third: { upstream_model: "big" } }, { models: ["alias"] })],
    });
    const plan = planFor(routed, callOf({ model: "other", models: ["alias"] }));
    expect(plan.targets.map(({ id, routeId }) => [id, routeId])).toEqual([
      ["third/other", null],
      ["third/big", "route"],
    ]);
  });

  test("a list that others share · is not changed", () => {
    const before = shortlistsFor(callOf(), config, null);
    planFor(config, callOf({ provider: { ignore: ["openai"] } }));
    expect(shortlistsFor(callOf(), config, null)).toBe(before);
    expect(before[0]?.options).toHaveLength(3);
  });
});
