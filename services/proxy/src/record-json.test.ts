import type { AttemptRecord, PlanCandidate, RequestLogRecord } from "@perpetuo/contracts/request-log";
import { describe, expect, test } from "vitest";
import { RecordJson } from "./record-json.ts";
import { recordOf } from "./request.test-fixture.ts";

const texts = ["", "plain", '"', "\\", "\n", "\u0000", "\u007f", "\u2028", "é€🦉", "\ud800", "x".repeat(500)];
const times = [0, 0.001, 0.01, 0.1, 1, 1.5, 12.345, 999.999, 600_000, 600_000.001, 0.0005, 1e21, -1, 5e-324];

const attempt: AttemptRecord = {
  provider: "mock",
  provider_key_id: "provider-key-1",
  upstream_model: "gpt",
  outcome: "ok",
  status: 200,
  error: null,
  input_tokens: 1,
  output_tokens: 2,
  cost_micros: 5,
  started_ms: 0.25,
  first_byte_ms: 1.5,
  duration_ms: 2,
};
const candidate: PlanCandidate = {
  provider_key_id: "provider-key-1",
  provider: "mock",
  upstream_model: "gpt",
  verdict: "target",
  reason: "priority 1",
};

const whole = recordOf({ attempts: [attempt], plan: [candidate], metadata: { team: "a" }, user: "u" });

/** Every record that differs from the whole one in one member. */
const variants: RequestLogRecord[] = [
  whole,
  ...texts.flatMap((text) => [
    { ...whole, request_id: text },
    { ...whole, error_code: text, error_message: text },
    { ...whole, user: text, metadata: { [text]: text } },
    { ...whole, requested_model: text, upstream_model: text },
    { ...whole, attempts: [{ ...attempt, error: text, upstream_model: text }] },
    { ...whole, plan: [{ ...candidate, reason: text }] },
  ]),
  ...times.flatMap((time) => [
    { ...whole, duration_ms: time, time_to_first_byte_ms: time },
    { ...whole, attempts: [{ ...attempt, started_ms: time, first_byte_ms: time, duration_ms: time }] },
  ]),
  recordOf({ provider: null, provider_key_id: null, upstream_model: null, requested_model: null }),
  recordOf({ cost_micros: null, time_to_first_byte_ms: null, streamed: true, usage_estimated: true }),
  recordOf({
    cache_write_tokens: 3,
    cache_write_1h_tokens: 2,
    input_audio_tokens: 1,
    output_audio_tokens: 0,
  }),
  recordOf({ attempts: [{ ...attempt, input_tokens: null, output_tokens: null, cost_micros: null }] }),
  recordOf({ attempts: [attempt, { ...attempt, provider: "openai", provider_key_id: "provider-key-2" }] }),
  recordOf({ attempts: [{ ...attempt, status: null, first_byte_ms: null, outcome: "indeterminate" }] }),
];

describe("RecordJson", () => {
  test("records of one writer, one after the other and back · each comes back as it was", () => {
    const writer = new RecordJson();
    for (const record of [...variants, ...variants.toReversed()]) {
      expect(JSON.parse(writer.stringify(record))).toEqual(record);
    }
  });

  test.each<Partial<RequestLogRecord>>([
    { workspace_id: "other" },
    { api_key_id: "other" },
    { endpoint: "/v1/other" },
    { config_version: 5 },
    { route_id: "route-1" },
    { requested_model: "other" },
    { provider: "openai" },
    { provider_key_id: "other" },
    { upstream_model: "other" },
    { plan: [] },
  ])("%j after another · is not mixed up with it", (change) => {
    const writer = new RecordJson();
    writer.stringify(whole);
    const record = { ...whole, ...change };
    expect(JSON.parse(writer.stringify(record))).toEqual(record);
  });

  test("more API keys than are remembered · all come back as they were", () => {
    const writer = new RecordJson();
    for (let index = 0; index < 5_000; index++) {
      const record = { ...whole, api_key_id: `key-${index}` };
      expect(JSON.parse(writer.stringify(record))).toEqual(record);
    }
  });
});
