/** Where a request goes and what it carries. */
export type Address = {
  /** The address of `POST /v1/chat/completions`. */
  url: string;
  /** Headers beside host, content-type and content-length. */
  headers: Record<string, string>;
  /** JSON. */
  body: string;
};

/** Whole answers, asked for at a constant rate whatever becomes of the earlier ones. */
export type UnaryJob = Address & {
  kind: "unary";
  /** Requests a second. */
  rate: number;
  /** Answers to requests of this time are read and not measured. */
  warmupSeconds: number;
  seconds: number;
};

/** Streams, begun at a constant rate and read to their end. */
export type StreamJob = Address & {
  kind: "streams";
  /** Streams a second. */
  rate: number;
  count: number;
  /** Chunks are measured from here on, in seconds after the first stream began. */
  measureFromSeconds: number;
};

export type Job = UnaryJob | StreamJob;

/** Times in milliseconds; null where there was nothing to measure. */
export type Quantiles = { count: number; p50: number; p99: number; p999: number; maximum: number };

export type UnaryResult = {
  kind: "unary";
  /** Answers read to their end, those of the warm-up included. */
  completed: number;
  /** Requests without a whole answer, by reason. */
  failures: Record<string, number>;
  /** From the handing over of the request, with its wait for a connection, to the answer's last byte. */
  latency_ms: Quantiles | null;
  /** How late the generator itself was with its requests: a strained one measures itself. */
  lateness_ms: Quantiles | null;
};

export type StreamResult = {
  kind: "streams";
  completed: number;
  failures: Record<string, number>;
  /** From the request to the first byte of the answer's body. */
  first_byte_ms: Quantiles | null;
  /** From the provider's making of a chunk to its arrival here, for chunks with a time stamp. */
  chunk_delay_ms: Quantiles | null;
  chunks: number;
  /** The most streams that were open at once. */
  most_open: number;
};

export type JobResult = UnaryResult | StreamResult;
