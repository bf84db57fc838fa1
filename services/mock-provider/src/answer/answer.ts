/** The token counts that an answer reports, in OpenAI's words. */
export type ReportedUsage = { prompt_tokens: number; completion_tokens: number };

/** A whole answer in one message. */
export type UnaryAnswer = {
  kind: "unary";
  status: number;
  headers: [name: string, value: string][];
  body: Buffer;
  contentTokens: number;
  usage: ReportedUsage | null;
};

/** An answer of server-sent events. A frame is one or more whole events as they go onto the wire. */
export type StreamAnswer = {
  kind: "stream";
  status: number;
  headers: [name: string, value: string][];
  opening: string;
  /** Content frames, one token each; `Infinity` for an endless stream. */
  contentCount: number;
  contentFrame(index: number): string;
  /** Finish chunk, usage chunk when asked for, and `[DONE]`. */
  closing: string;
  usage: ReportedUsage | null;
};

export type Answer = UnaryAnswer | StreamAnswer;

/** The event by which a provider reports a failure inside a stream whose status was 200 already. */
export function errorEvent(errorBody: string): string {
  return `data: ${errorBody}\n\n`;
}

export const doneEvent = "data: [DONE]\n\n";
