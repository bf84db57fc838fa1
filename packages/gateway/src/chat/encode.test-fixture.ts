import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Codec, EncodeInput } from "../adapter.ts";
import { readModelCall } from "../model-call.ts";

export const hello = [{ role: "user", content: "hi" }];

/** A client's request, encoded for a provider and parsed again. */
export type Encode = (fields: object, options?: EncodeOptions) => Record<string, unknown>;
type EncodeOptions = {
  upstreamModel?: string;
  maxOutputTokens?: number | null;
  capabilities?: EncodeInput["capabilities"];
};

export function encodeWith(codec: Codec): Encode {
  return (fields, { upstreamModel = "upstream-model", maxOutputTokens = null, capabilities } = {}) => {
    const body = Buffer.from(JSON.stringify({ model: "requested", messages: hello, ...fields }));
    const call = readModelCall("chat-completions", body);
    return JSON.parse(codec.encodeRequest({ call, upstreamModel, maxOutputTokens, capabilities }).toString());
  };
}

/** Code and field of the refusal; fails when there is none. */
export function refusalOf(encode: () => unknown): { code: string; param: string | null } {
  try {
    encode();
  } catch (error) {
    if (error instanceof PerpetuoError) return { code: error.code, param: error.param ?? null };
    throw error;
  }
  throw new Error("It was not refused.");
}

/** What a stream's events become, the withheld tail included. */
export function decodeEvents(codec: Codec, events: readonly object[]) {
  const body = '{"model":"m","messages":[1],"stream":true,"stream_options":{"include_usage":true}}';
  const call = readModelCall("chat-completions", Buffer.from(body));
  const identity = { id: "chatcmpl-own", created: 1_700_000_000, model: "upstream-model" };
  const decoder = codec.streamDecoder({ call, identity });
  const bytes = events.map((event) => decoder.push(Buffer.from(`data: ${JSON.stringify(event)}\n\n`)));
  decoder.end();
  const text = Buffer.concat([...bytes, decoder.takeTail()]).toString();
  const datas = text.split("\n\n").filter((line) => line !== "");
  const chunks = datas
    .filter((line) => line !== "data: [DONE]")
    .map((line) => JSON.parse(line.slice("data: ".length)));
  return {
    state: decoder.state,
    isDone: datas.at(-1) === "data: [DONE]",
    chunks,
    deltas: chunks.flatMap(({ choices }) => (choices ?? []).map(({ delta }: { delta: object }) => delta)),
  };
}

/** A whole answer as the client gets it. */
export function decodeAnswer(codec: Codec, answer: unknown) {
  const call = readModelCall("chat-completions", Buffer.from('{"model":"m","messages":[1]}'));
  const identity = { id: "chatcmpl-own", created: 1_700_000_000, model: "upstream-model" };
  const { bytes, ...rest } = codec.decodeResponse(Buffer.from(JSON.stringify(answer)), { call, identity });
  return { ...rest, answer: JSON.parse(bytes.toString()) };
}
