/** How a stream or a body stops early: connection closed, message ended without `[DONE]`, or an error event first. */
export type CutManner = "reset" | "end" | "error";

/** Where a hanging answer stops: before its head, or in the middle of its body. */
export type HangPlace = "head" | "stream";

/** What goes wrong with an answer. At most one thing does; the grammar's order of precedence is this list's. */
export type Failure =
  | { kind: "hang"; place: HangPlace; afterChunks: number }
  | { kind: "status"; status: number }
  | { kind: "first-event-error" }
  | { kind: "cut"; afterChunks: number; manner: CutManner }
  | { kind: "none" };

/** Everything that a request can ask of the mock. Times are milliseconds. */
export type Behaviour = {
  latencyMs: number;
  /** Content tokens of the answer; `Infinity` streams until the reader leaves. */
  chunks: number;
  paceMs: number;
  /** Exact length of each token's text in bytes; null uses the words as they are. */
  chunkBytes: number | null;
  /** The first token repeats the text of the last message. */
  echo: boolean;
  /** Each token is the time at which it was made: microseconds of the machine's monotonic clock. */
  stamp: boolean;
  toolCalls: number;
  finishReason: string | null;
  failure: Failure;
  error: { code: string | null; type: string | null; message: string | null };
  /** Response headers added to whatever the answer has. */
  headers: [name: string, value: string][];
  /** The failure applies to the first `count` calls with this key only; null: to every call. */
  failFirst: { count: number; key: string } | null;
  usage: { reported: boolean; factor: number; cached: number; reasoning: number };
  /** The scenario of the raw port; null plays `plain`. */
  script: string | null;
};

/** The answer of a model that asks for nothing: sixteen tokens at once. */
export const plainBehaviour: Readonly<Behaviour> = Object.freeze<Behaviour>({
  latencyMs: 0,
  chunks: 16,
  paceMs: 0,
  chunkBytes: null,
  echo: false,
  stamp: false,
  toolCalls: 0,
  finishReason: null,
  failure: { kind: "none" },
  error: { code: null, type: null, message: null },
  headers: [],
  failFirst: null,
  usage: { reported: true, factor: 1, cached: 0, reasoning: 0 },
  script: null,
});
