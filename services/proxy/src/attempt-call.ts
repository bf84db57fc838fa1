import type { AttemptOutcome } from "@perpetuo/contracts/request-log";
import type { StreamDecoder } from "@perpetuo/gateway/adapter";
import type { UpstreamFailure } from "@perpetuo/gateway/failure";
import type {
  AttemptCallInput,
  AttemptDeps,
  AttemptResult,
  StreamAnswer,
  StreamEnd,
  StreamSink,
} from "./answer.ts";
import type { Deadline } from "./deadlines.ts";
import { recordAttempt } from "./receipt.ts";
import type { TransportFailure } from "./transport-failure.ts";
import type { UpstreamCall, UpstreamEvents } from "./upstream.ts";
import { passableHeaders } from "./upstream-headers.ts";

/** A success larger than this is refused: it is held whole until its log record is written. */
const maxWholeAnswerBytes = 16 * 1_048_576;
/** An error is kept up to here and no further. */
const maxErrorBytes = 262_144;
/** Bytes of a stream that may stand before its first event, such as comments. */
const maxPreludeBytes = 65_536;
/** How long an upstream may take to end its response after the stream's terminal event. */
const terminalGraceMs = 250;

type Mode = "waiting" | "whole" | "stream" | "committed" | "over";

/** One call to one target: waits for the answer's verdict, then becomes the stream that relay drains. */
export class AttemptCall implements UpstreamEvents, StreamAnswer {
  readonly result: Promise<AttemptResult>;
  private readonly input: AttemptCallInput;
  private readonly deps: AttemptDeps;
  private readonly startedAt: number;
  private readonly totalDueAt: number;
  private readonly firstDueAt: number;
  private deadline: Deadline;
  private readonly settle: (result: AttemptResult) => void;
  private upstream: UpstreamCall | null = null;
  private mode: Mode = "waiting";
  private status: number | null = null;
  private headers: Record<string, string | string[] | undefined> = {};
  private firstByteAt: number | null = null;
  private pieces: Buffer[] = [];
  private size = 0;
  private streamDecoder: StreamDecoder | null = null;
  private sink: StreamSink | null = null;
  private earlyEnd: StreamEnd | null = null;

  constructor(input: AttemptCallInput, deps: AttemptDeps) {
    this.input = input;
    this.deps = deps;
    this.startedAt = deps.now();
    const { promise, resolve } = Promise.withResolvers<AttemptResult>();
    this.result = promise;
    this.settle = resolve;
    const { timeouts } = deps;
    const total = input.call.stream ? timeouts.streamMs : timeouts.wholeAnswerMs;
    this.totalDueAt = input.receipt.acceptedAt + Math.min(total, input.timeoutMs ?? total);
    const first = input.call.stream ? timeouts.firstByteMs : timeouts.wholeAnswerMs;
    this.firstDueAt = Math.min(this.startedAt + first, this.totalDueAt);
    this.deadline = this.arm(Math.min(this.startedAt + timeouts.connectMs, this.firstDueAt));
    input.exchange.onClose(() => this.clientGone());
    if (this.mode === "waiting") this.dispatch();
  }

  get decoder(): StreamDecoder {
    if (this.streamDecoder === null) throw new Error("the answer is not a stream");
    return this.streamDecoder;
  }

  onHead(status: number, headers: Record<string, string | string[] | undefined>): void {
    this.status = status;
    this.headers = headers;
    this.markFirstByte();
    const type = headers["content-type"];
    const isStream = typeof type === "string" && type.startsWith("text/event-stream");
    if (status < 300 && this.input.call.stream && isStream) {
      this.mode = "stream";
      this.streamDecoder = this.input.target.adapter.streamDecoder(this.input.call);
    } else {
      this.mode = "whole";
    }
  }

  onData(chunk: Buffer): void {
    if (this.mode === "whole") this.collect(chunk);
    else if (this.mode === "stream") this.awaitFirstEvent(chunk);
    else if (this.mode === "committed") this.forward(chunk);
  }

  onEnd(): void {
    if (this.mode === "whole") this.finishWhole();
    else if (this.mode === "committed") this.finishStream();
    else
      this.fail({
        code: "upstream_invalid_response",
        message: "the stream ended before its first event",
        sent: true,
      });
  }

  onError(failure: TransportFailure): void {
    if (this.mode === "committed") this.breakStream(failure);
    else this.fail(failure);
  }

  relayTo(sink: StreamSink): void {
    this.sink = sink;
    if (this.pieces.length > 0) sink.onBytes(Buffer.concat(this.pieces));
    this.pieces = [];
    if (this.earlyEnd) sink.onEnd(this.earlyEnd);
  }

  pause(): void {
    // The reader's deadline counts now; the upstream is not to blame for the silence.
    this.deadline.dueAt = this.totalDueAt;
    this.upstream?.pause();
  }

  resume(): void {
    this.touch();
    this.upstream?.resume();
  }

  cancel(): void {
    if (this.mode === "over") return;
    this.finish("aborted", null);
    this.upstream?.abort();
  }

  private dispatch(): void {
    const { target, call } = this.input;
    try {
      const body = target.adapter.encodeRequest({ call, upstreamModel: target.upstreamModel });
      this.upstream = this.deps.upstreams.send({ target, operation: call.operation, body }, this);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.fail({ code: "upstream_unreachable", message, sent: false });
    }
  }

  private arm(dueAt: number): Deadline {
    return this.deps.deadlines.add(dueAt, () => this.expire());
  }

  private touch(): void {
    this.deadline.dueAt = Math.min(this.deps.now() + this.deps.timeouts.idleMs, this.totalDueAt);
  }

  private markFirstByte(): void {
    this.firstByteAt ??= this.deps.now();
  }

  private collect(chunk: Buffer): void {
    this.size += chunk.length;
    const failed = (this.status ?? 0) >= 300;
    if (failed && this.size > maxErrorBytes) {
      this.upstream?.abort();
      this.finishWhole();
      return;
    }
    if (!failed && this.size > maxWholeAnswerBytes) {
      this.upstream?.abort();
      this.fail({ code: "upstream_response_too_large", message: "the answer exceeds 16 MiB", sent: true });
      return;
    }
    this.pieces.push(chunk);
  }

  private finishWhole(): void {
    const body = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    const { target } = this.input;
    const status = this.status as number;
    const headers = passableHeaders(this.headers);
    if (status >= 300) {
      const failure = target.adapter.classifyError({ status, headers: this.headers, body });
      this.finish("failed", failure.message);
      this.settle({ kind: "failed", failure, answer: { status, headers, body } });
      return;
    }
    const { bytes, usage, malformed } = target.adapter.decodeResponse(body);
    if (usage !== null) this.input.receipt.usage = usage;
    this.finish("ok", malformed ? "the answer is not a JSON object" : null);
    this.settle({ kind: "answered", answer: { kind: "whole", status, headers, body: bytes, failure: null } });
  }

  private awaitFirstEvent(chunk: Buffer): void {
    const { state } = this.decoder;
    const bytes = this.decoder.push(chunk);
    this.size += chunk.length;
    if (bytes.length > 0) this.pieces.push(bytes);
    if (state.error?.event === 1) {
      this.upstream?.abort();
      this.fail({ code: "upstream_error", message: state.error.message, sent: true });
      return;
    }
    if (state.events === 0 && this.size < maxPreludeBytes) return;
    this.mode = "committed";
    this.touch();
    const headers = passableHeaders(this.headers);
    this.settle({
      kind: "answered",
      answer: { kind: "stream", status: this.status as number, headers, stream: this },
    });
    if (state.terminalWithheld) this.hurryEnd();
  }

  private forward(chunk: Buffer): void {
    this.touch();
    const bytes = this.decoder.push(chunk);
    if (this.decoder.state.terminalWithheld) this.hurryEnd();
    if (bytes.length === 0) return;
    if (this.sink) this.sink.onBytes(bytes);
    else this.pieces.push(bytes);
  }

  /** The answer is whole; an upstream that keeps the connection open all the same is not waited for. */
  private hurryEnd(): void {
    this.deadline.dueAt = Math.min(this.deps.now() + terminalGraceMs, this.totalDueAt);
  }

  private finishStream(): void {
    const { terminated, error } = this.decoder.state;
    if (!terminated && error === null) {
      this.breakStream({
        code: "upstream_stream_interrupted",
        message: "the stream ended without its terminal event",
        sent: true,
      });
      return;
    }
    this.finish(error === null ? "ok" : "failed", error?.message ?? null);
    this.deliver({ kind: "complete", tail: this.decoder.takeTail() });
  }

  /** A connection that breaks after the first event is an interruption to the client, whatever broke it. */
  private breakStream(failure: TransportFailure): void {
    const code = failure.code === "upstream_timeout" ? failure.code : "upstream_stream_interrupted";
    this.finish("failed", failure.message);
    this.deliver({ kind: "broken", failure: { ...failure, code } });
  }

  private deliver(end: StreamEnd): void {
    if (this.sink) this.sink.onEnd(end);
    else this.earlyEnd = end;
  }

  private expire(): void {
    if (this.mode === "over") return;
    const sent = this.upstream?.sent ?? false;
    if (this.mode === "waiting" && sent && this.deps.now() < this.firstDueAt) {
      this.deadline = this.arm(this.firstDueAt);
      return;
    }
    const wasCommitted = this.mode === "committed";
    this.upstream?.abort();
    const failure: TransportFailure = { code: "upstream_timeout", message: this.timeoutMessage(), sent };
    if (wasCommitted && this.decoder.state.terminalWithheld) this.finishStream();
    else if (wasCommitted) this.breakStream(failure);
    else this.fail(failure);
  }

  private timeoutMessage(): string {
    if (this.deps.now() >= this.totalDueAt) return "the time for the whole answer is over";
    return this.firstByteAt === null ? "no answer in time" : "the answer stopped";
  }

  private clientGone(): void {
    if (this.mode === "over") return;
    const committed = this.mode === "committed";
    this.upstream?.abort();
    this.finish("aborted", "the client has gone");
    // Relay has its own listener for a committed stream; before that, the phase waits here.
    if (!committed)
      this.settleFailure({ code: "client_closed_request", message: "the client has gone", sent: true });
  }

  private fail(failure: TransportFailure): void {
    if (this.mode === "over") return;
    const delivered = this.status !== null;
    this.finish(failure.sent && !delivered ? "indeterminate" : "failed", failure.message);
    this.settleFailure(failure);
  }

  private settleFailure({ code, message }: TransportFailure): void {
    const failure: UpstreamFailure = {
      code,
      advice: "next-target",
      status: this.status,
      message,
      retryAfterSeconds: null,
    };
    this.settle({ kind: "failed", failure, answer: null });
  }

  private finish(outcome: AttemptOutcome, error: string | null): void {
    this.mode = "over";
    this.deps.deadlines.clear(this.deadline);
    recordAttempt(this.input.receipt, this.input.target, {
      outcome,
      status: this.status,
      error,
      startedAt: this.startedAt,
      firstByteAt: this.firstByteAt,
      endedAt: this.deps.now(),
    });
  }
}
