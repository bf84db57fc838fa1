import type { GatewayAnswer } from "../harness/gateway-client.ts";

/** What an answer that was read to its end is to its client. */
export type Judgement = {
  outcome: "ok" | "error_json" | "error_sse" | "wrong";
  errorCode: string | null;
  detail: string | null;
};

const ok: Judgement = { outcome: "ok", errorCode: null, detail: null };
const wrong = (detail: string): Judgement => ({ outcome: "wrong", errorCode: null, detail });

/**
 * Judges as a careful OpenAI client would: an error is an envelope; a whole answer is a JSON object; a stream is complete
 * when `[DONE]` or a finish reason has come, and broken when an error event has.
 */
export function judgeAnswer({ status, headers, body }: GatewayAnswer): Judgement {
  const text = body.toString();
  if (status >= 400) return judgeError(text);
  if (!String(headers["content-type"]).startsWith("text/event-stream")) {
    return isObject(text) ? ok : wrong(`${status} with half an answer: …${text.slice(-80)}`);
  }
  return judgeStream(text);
}

function judgeError(text: string): Judgement {
  const error = envelopeOf(text);
  return error === null
    ? wrong(`an error without an envelope: ${text.slice(0, 80)}`)
    : { outcome: "error_json", errorCode: error.code, detail: null };
}

function judgeStream(text: string): Judgement {
  const last = /^data: (\{"error".*)$/m.exec(text)?.[1] ?? null;
  const isDone = /^data: ?\[DONE\]/m.test(text);
  if (last !== null) {
    const error = envelopeOf(last);
    if (error === null || isDone) return wrong(`an error event and [DONE]: …${text.slice(-160)}`);
    return { outcome: "error_sse", errorCode: error.code, detail: null };
  }
  const isFinished = isDone || text.includes('"finish_reason":"');
  return isFinished ? ok : wrong(`a stream without an end: …${text.slice(-80)}`);
}

function envelopeOf(text: string): { code: string | null } | null {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown; code?: string | null } };
    return typeof error?.message === "string" ? { code: error.code ?? null } : null;
  } catch {
    return null;
  }
}

function isObject(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

/** Chunks of a stream that carry text; 0 for a whole answer. */
export function contentEventsOf(body: Buffer): number {
  return body.toString().match(/"delta":\{"content":"[^"]/g)?.length ?? 0;
}

/** The ids of the requests whose messages are repeated here. */
export function canariesOf(body: Buffer): string[] {
  return [...new Set([...body.toString().matchAll(/canary\(([^)]*)\)/g)].map(([, id = ""]) => id))];
}
