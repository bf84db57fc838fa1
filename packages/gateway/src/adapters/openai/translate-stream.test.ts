import { expect, test } from "vitest";
import { readModelCall } from "../../model-call.ts";
import { translateStream } from "./translate-stream.ts";

const body = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }], stream: true };
const call = readModelCall("messages", Buffer.from(JSON.stringify(body)));

test("a usage in Groq's own place · is metered as in a passed stream", () => {
  const decoder = translateStream({ call, identity: { id: "msg_1", created: 0, model: "m" } });
  const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
  const chunks = [
    { choices: [{ delta: { content: "a" } }] },
    { choices: [{ delta: {}, finish_reason: "stop" }], x_groq: { usage } },
  ];
  for (const chunk of chunks) decoder.push(Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`));
  decoder.push(Buffer.from("data: [DONE]\n\n"));
  expect(decoder.state.usage).toMatchObject({ input_tokens: 7, output_tokens: 3 });
  expect(decoder.takeTail().toString()).toContain('"output_tokens":3');
});
