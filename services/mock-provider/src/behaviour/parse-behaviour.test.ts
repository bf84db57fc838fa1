import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { scripts } from "../raw/scripts.ts";
import { createFirstCalls } from "./first-calls.ts";
import { GrammarError, grammar, parseBehaviour } from "./parse-behaviour.ts";

describe("parseBehaviour", () => {
  it("model name · parameters after the question mark", () => {
    const behaviour = parseBehaviour("gpt?latency=50&chunks=endless&pace=10&header=x-a:b%20c", []);
    expect(behaviour).toMatchObject({
      latencyMs: 50,
      chunks: Number.POSITIVE_INFINITY,
      paceMs: 10,
      headers: [["x-a", "b c"]],
    });
  });

  it("headers · win over the model name", () => {
    expect(parseBehaviour("gpt?chunks=3", [["chunks", "4"]]).chunks).toBe(4);
  });

  it("preset · can be changed by parameters", () => {
    expect(parseBehaviour("mock-rate-limited?retry_after=9", [])).toMatchObject({
      failure: { kind: "status", status: 429 },
      headers: [
        ["retry-after", "2"],
        ["retry-after", "9"],
      ],
    });
  });

  it.each([
    ["gpt?cut=3", { kind: "cut", afterChunks: 3, manner: "reset" }],
    ["gpt?cut=3&cut_manner=error", { kind: "cut", afterChunks: 3, manner: "error" }],
    ["gpt?cut=3&status=500&hang=stream", { kind: "hang", place: "stream", afterChunks: 1 }],
    ["gpt?cut=3&status=500", { kind: "status", status: 500 }],
    ["gpt?fail_first=1&key=a", { kind: "status", status: 503 }],
  ])("%s · fails in one way", (model, failure) => {
    expect(parseBehaviour(model, []).failure).toEqual(failure);
  });

  it.each([
    ["gpt?nonsense=1", "no parameter 'nonsense'"],
    ["gpt?constructor=1", "no parameter 'constructor'"],
    ["gpt?latency=soon", "latency takes a whole number"],
    ["gpt?status=99", "status lies between 200 and 599"],
    ["gpt?hang=tail", "hang is one of head, stream"],
    ["gpt?header=none", "header takes name:value"],
    ["gpt?fail_first=2", "fail_first needs a key"],
    ["gpt?chunks=1000&chunk_bytes=1000000", "larger than"],
    ["gpt?usage_factor=much", "usage_factor takes a number"],
  ])("%s · refused with the reason", (model, reason) => {
    expect(() => parseBehaviour(model, [])).toThrow(GrammarError);
    expect(() => parseBehaviour(model, [])).toThrow(reason);
  });
});

describe("firstCalls", () => {
  it("fail_first · fails the first calls of each key", () => {
    const calls = createFirstCalls();
    const kinds = (key: string) =>
      [1, 2, 3].map(() => calls.failureOf(parseBehaviour(`m?fail_first=2&key=${key}`, [])).kind);
    expect(kinds("a")).toEqual(["status", "status", "none"]);
    expect(kinds("b")).toEqual(["status", "status", "none"]);
  });
});

describe("README.md", () => {
  it("tables · name every parameter and every script", async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const missing = (names: string[], end: string) =>
      names.filter((name) => !new RegExp(`\`${name}${end}`).test(readme));
    expect(missing(Object.keys(grammar), "[=`]")).toEqual([]);
    expect(missing(Object.keys(scripts), "`")).toEqual([]);
  });
});
