import { describe, expect, test } from "vitest";
import { callOf, principalOf } from "../request.test-fixture.ts";
import { admit } from "./3-admit.ts";

const free = { isSpoolFull: () => false, inFlight: () => 1, maxInFlight: 2 };

describe("admit", () => {
  test("a request within every limit · taken, also as the last one that fits", () => {
    expect(() => admit(principalOf(), callOf(), { ...free, inFlight: () => 2 })).not.toThrow();
  });

  test("the spool is full · 503, because an answer without a record is worse", () => {
    expect(() => admit(principalOf(), callOf(), { ...free, isSpoolFull: () => true })).toThrow(
      expect.objectContaining({ code: "spool_full", retryAfterSeconds: 5 }),
    );
  });

  test("one more than the thread takes · 503", () => {
    expect(() => admit(principalOf(), callOf(), { ...free, inFlight: () => 3 })).toThrow(
      expect.objectContaining({ code: "overloaded", retryAfterSeconds: 1 }),
    );
  });

  test("a model that the key may not use · 403; one that it may · taken", () => {
    const limited = principalOf(1, { models: ["other", "gpt"] });
    expect(() => admit(limited, callOf(), free)).not.toThrow();
    expect(() => admit(limited, callOf({ model: "gpt-5" }), free)).toThrow(
      expect.objectContaining({ code: "model_not_allowed", param: "model" }),
    );
    expect(() => admit(principalOf(1, { models: [] }), callOf(), free)).toThrow();
  });
});
