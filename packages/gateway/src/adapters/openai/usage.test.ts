import { describe, expect, test } from "vitest";
import { readGroqUsage, readUsage } from "./usage.ts";

const counted = { prompt_tokens: 100, completion_tokens: 40 };

describe("readUsage", () => {
  test("every kind of token · within input and output", () => {
    const usage = readUsage({
      ...counted,
      total_tokens: 140,
      prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 20, audio_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 25, audio_tokens: 5 },
    });
    expect(usage).toEqual({
      input_tokens: 100,
      cached_input_tokens: 30,
      cache_write_tokens: 20,
      input_audio_tokens: 10,
      output_tokens: 40,
      reasoning_tokens: 25,
      output_audio_tokens: 5,
    });
  });

  test("kinds that a request has none of · are not named", () => {
    const details = { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0 };
    expect(Object.keys(readUsage({ ...counted, prompt_tokens_details: details }) ?? {})).toHaveLength(4);
  });

  test.each([
    ["OpenAI's word", { prompt_tokens_details: { cached_tokens: 7 }, prompt_cache_hit_tokens: 9 }, 7],
    ["DeepSeek's word", { prompt_cache_hit_tokens: 9, prompt_cache_miss_tokens: 91 }, 9],
    ["more than there is", { prompt_cache_hit_tokens: 900 }, 100],
  ])("cached tokens by %s · counted once", (_case, details, cached) => {
    expect(readUsage({ ...counted, ...details })?.cached_input_tokens).toBe(cached);
  });

  test.each([
    ["in the completion, as at OpenAI", 140, 40],
    ["apart from it, as at xAI", 165, 65],
    ["without a total", undefined, 40],
  ])("reasoning %s · is part of the output", (_case, total_tokens, output) => {
    const completion_tokens_details = { reasoning_tokens: 25 };
    expect(readUsage({ ...counted, total_tokens, completion_tokens_details })).toMatchObject({
      output_tokens: output,
      reasoning_tokens: 25,
    });
  });
});

describe("readGroqUsage", () => {
  test.each([null, undefined, "x", {}, { id: "req_1" }, { usage: null }])("%j · tells nothing", (value) => {
    expect(readGroqUsage(value)).toBeNull();
  });

  test("with its usage · as OpenAI's", () => {
    expect(readGroqUsage({ id: "req_1", usage: counted })).toMatchObject({
      input_tokens: 100,
      output_tokens: 40,
    });
  });
});
