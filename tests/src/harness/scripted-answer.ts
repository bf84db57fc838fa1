import type { ScriptedCall } from "./scripted-upstream.ts";

/** Tokens of the prompt that every scripted answer reports. */
const promptTokens = 7;

/** Bytes of an answer, in OpenAI's wire, that repeats the canary of its call. */
export function wholeAnswer(call: Pick<ScriptedCall, "body">, tokens = 5): Buffer {
  const message = { role: "assistant", content: `canary(${call.body.user}) scripted` };
  return Buffer.from(
    JSON.stringify({
      id: "chatcmpl-scripted",
      object: "chat.completion",
      created: 1_700_000_000,
      model: call.body.model,
      choices: [{ index: 0, message, finish_reason: "stop" }],
      usage: usageOf(tokens),
    }),
  );
}

/** The events of a stream. A client that did not ask for the usage chunk gets all but that one. */
export type StreamEvents = {
  opening: string;
  content: string[];
  finish: string;
  usage: string;
  done: string;
};

/** The first content event repeats the canary of the call. */
export function streamEvents(call: Pick<ScriptedCall, "body">, tokens = 5): StreamEvents {
  const { model, user } = call.body;
  const event = (members: object): string =>
    `data: ${JSON.stringify({ id: "chatcmpl-scripted", object: "chat.completion.chunk", created: 1_700_000_000, model, ...members })}\n\n`;
  const delta = (content: string): string =>
    event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
  return {
    opening: event({
      choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }],
    }),
    content: Array.from({ length: tokens }, (_, index) =>
      delta(index === 0 ? `canary(${user})` : ` word-${index}`),
    ),
    finish: event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
    usage: event({ choices: [], usage: usageOf(tokens) }),
    done: "data: [DONE]\n\n",
  };
}

/** The whole stream as the upstream sends it, and as a client sees it that did not ask for the usage. */
export function streamTexts(events: StreamEvents): { sent: string; seen: string } {
  const before = events.opening + events.content.join("") + events.finish;
  return { sent: before + events.usage + events.done, seen: before + events.done };
}

export const jsonType = "content-type: application/json";
export const streamType = "content-type: text/event-stream";
export const chunkedBody = "transfer-encoding: chunked";

/** A head of well-formed HTTP/1.1. */
export function headOf(status: number, ...lines: string[]): string {
  return [`HTTP/1.1 ${status} Scripted`, ...lines, "", ""].join("\r\n");
}

export function lengthOf(bytes: Buffer | string): string {
  return `content-length: ${Buffer.byteLength(bytes)}`;
}

/** One chunk of a chunked body. */
export function chunkOf(text: string | Buffer): string | Buffer {
  const size = `${Buffer.byteLength(text).toString(16)}\r\n`;
  return typeof text === "string"
    ? `${size}${text}\r\n`
    : Buffer.concat([Buffer.from(size), text, Buffer.from("\r\n")]);
}

export const lastChunk = "0\r\n\r\n";

/** A well-formed whole answer, noted in the record. */
export async function answerWhole(
  call: ScriptedCall,
  body = wholeAnswer(call),
  ...lines: string[]
): Promise<void> {
  noteWhole(call);
  await call.write(headOf(200, jsonType, lengthOf(body), ...lines));
  await call.write(body);
}

/** A well-formed answer to whatever was asked for. */
export async function answerWell(call: ScriptedCall): Promise<void> {
  if (!call.body.stream) return answerWhole(call);
  const { sent } = streamTexts(streamEvents(call));
  noteWhole(call);
  await call.write(headOf(200, streamType, chunkedBody) + chunkOf(sent) + lastChunk);
}

/** An error in OpenAI's envelope. */
export async function answerError(
  call: ScriptedCall,
  error: { status: number; code?: string | null; message?: string; headers?: string[] },
): Promise<void> {
  const { status, code = null, message = "The script wants it so.", headers = [] } = error;
  const body = JSON.stringify({ error: { message, type: "error", param: null, code } });
  await call.write(headOf(status, jsonType, lengthOf(body), ...headers) + body);
}

/** Writes down that the answer with so many tokens and its usage have been sent. */
export function noteWhole({ record }: ScriptedCall, tokens = 5): void {
  record.tokens = tokens;
  record.reported = { input: promptTokens, output: tokens };
}

function usageOf(tokens: number): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: tokens,
    total_tokens: promptTokens + tokens,
  };
}
