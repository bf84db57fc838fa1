import type { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ModelCall, StreamDecoder } from "@perpetuo/gateway/adapter";
import type { UpstreamFailure } from "@perpetuo/gateway/failure";
import type { Target } from "@perpetuo/gateway/routing/target";
import type { Deadlines } from "./deadlines.ts";
import type { Exchange, Header } from "./exchange.ts";
import type { Receipt } from "./receipt.ts";
import type { TargetHealth } from "./target-health.ts";
import type { TargetLatency } from "./target-latency.ts";
import type { TransportFailure } from "./transport-failure.ts";
import type { TurnEnd } from "./turn-end.ts";
import type { Upstreams } from "./upstream.ts";

/** The installation's limits, in milliseconds. */
export type Timeouts = {
  connectMs: number;
  /** Until a stream's first event. */
  firstByteMs: number;
  /** Until an answer that is no stream is complete, or a stream has begun, over all attempts. */
  wholeAnswerMs: number;
  /** Between two pieces of a stream. */
  idleMs: number;
  /** For a whole stream. */
  streamMs: number;
};

export type AttemptDeps = {
  upstreams: Pick<Upstreams, "send" | "revealsSecret">;
  health: TargetHealth;
  latencies: TargetLatency;
  random: () => number;
  deadlines: Deadlines;
  turnEnd: TurnEnd;
  now: () => number;
  timeouts: Timeouts;
};

export type AttemptCallInput = {
  exchange: Exchange;
  call: ModelCall;
  receipt: Receipt;
  target: Target;
  timeoutMs: number | null;
};

/** An upstream's refusal as it came, for the client where no other target can answer. */
export type FailedAnswer = { status: number; headers: Header[]; body: Buffer };

export type AttemptResult =
  /** `malformed`: the answer is not what the wire promises, and is handed on all the same. */
  | { kind: "answered"; answer: Answer; malformed: boolean }
  /** `refusal`: the request never left, because the target's wire cannot carry it. */
  | { kind: "failed"; failure: UpstreamFailure; answer: FailedAnswer | null; refusal: PerpetuoError | null };

/** Where a committed stream's bytes go. `onEnd` comes once, last. */
export type StreamSink = {
  onBytes(bytes: Buffer): void;
  onEnd(end: StreamEnd): void;
};

/** How a committed stream ended. `tail` is what was withheld, `error` the message of an error event within. */
export type StreamEnd =
  | { kind: "complete"; tail: Buffer; error: string | null }
  | { kind: "broken"; failure: TransportFailure };

/** A stream whose first event has arrived and whose rest is on its way. */
export type StreamAnswer = {
  readonly decoder: StreamDecoder;
  relayTo(sink: StreamSink): void;
  pause(): void;
  resume(): void;
  /** Stops the upstream; the sink hears nothing more. */
  cancel(why: string): void;
};

/** What the client gets: a whole answer, good or bad, or a stream whose first event has arrived. */
export type Answer =
  | { kind: "whole"; status: number; headers: Header[]; body: Buffer; failure: UpstreamFailure | null }
  | { kind: "stream"; status: number; headers: Header[]; stream: StreamAnswer };
