import { type ErrorCode, PerpetuoError } from "@perpetuo/contracts/errors";
import type { AttemptOutcome } from "@perpetuo/contracts/request-log";
import type { Usage } from "@perpetuo/contracts/usage";
import type { StreamDecoder } from "@perpetuo/gateway/adapter";
import { isFree } from "@perpetuo/gateway/demand";
import type { FailureAdvice, UpstreamFailure } from "@perpetuo/gateway/failure";
import type { AttemptCallInput, AttemptDeps, AttemptResult } from "./answer.ts";
import { type CallLimits, callLimits } from "./call-limits.ts";
import { CommittedStream, type Patience } from "./committed-stream.ts";
import type { Deadline } from "./deadlines.ts";
import { estimateUsage } from "./estimated-usage.ts";
import { type Interruption, interruptionMessage } from "./exchange.ts";
import type { ResponseHeaders } from "./http1/response-head.ts";
import { recordAttempt } from "./receipt.ts";
import { answerContext, encodeForTarget, headForTarget, passableFrom } from "./translation.ts";
import { adviceAfter, type TransportFailure, toTransportFailure } from "./transport-failure.ts";
import type { UpstreamCall, UpstreamEvents } from "./upstream.ts";
import { endsWithConnection, isEncoded, isEventStream } from "./upstream-headers.ts";
import { hiddenMessage, readRefusal } from "./upstream-refusal.ts";
import { malformedAnswer, mostAnswerBytes } from "./whole-answer.ts";

/** An error is kept up to here and no further. */
const maxErrorBytes = 262_144;
/** Bytes of a stream that may stand before its first event, such as comments. */
const maxPreludeBytes = 65_536;
/** How long an upstream may take to end its response after the stream's terminal event, in milliseconds. */
const terminalGraceMs = 250;

/**
 * Where a call stands. The states before `over` and `committed` still have their result to give; a committed stream
 * takes the events over.
 */
type State =
  | { kind: "waiting" }
  | { kind: "whole"; status: number; headers: ResponseHeaders }
  | { kind: "prelude"; status: number; headers: ResponseHeaders; decoder: StreamDecoder }
  | { kind: "committed"; stream: CommittedStream }
  | { kind: "over" };

/** One call to one target, until its answer's verdict: a whole answer, a stream's first event, or a failure. */
export class AttemptCall implements UpstreamEvents {
  readonly result: Promise<AttemptResult>;
  private readonly input: AttemptCallInput;
  private readonly deps: AttemptDeps;
  private readonly startedAt: number;
  private readonly limits: CallLimits;
  private totalDueAt: number;
  private readonly settle: (result: AttemptResult) => void;
  private deadline: Deadline;
  private upstream: UpstreamCall | null = null;
  /** What the adapter said of a request that its wire cannot carry. */
  private refusal: PerpetuoError | null = null;
  private state: State = { kind: "waiting" };
  private status: number | null = null;
  private firstByteAt: number | null = null;
  /** What the provider counted before the call failed. */
  private wasted: Usage | null = null;
  private pieces: Buffer[] = [];
  private size = 0;

  constructor(input: AttemptCallInput, deps: AttemptDeps) {
    this.input = input;
    this.deps = deps;
    this.startedAt = deps.now();
    const { promise, resolve } = Promise.withResolvers<AttemptResult>();
    this.result = promise;
    this.settle = resolve;
    this.limits = callLimits(input, this.startedAt, deps.timeouts);
    this.totalDueAt = this.limits.totalDueAt;
    this.deadline = this.arm(this.limits.connectDueAt);
    input.exchange.onInterruption((reason) => this.interrupt(reason));
    if (this.state.kind === "waiting") this.dispatch();
  }

  onHead(status: number, headers: ResponseHeaders): void {
    this.status = status;
    this.firstByteAt = this.deps.now();
    const { call, target, receipt } = this.input;
    receipt.phases.ttfbMs = this.firstByteAt - this.startedAt;
    if (status < 300 && isEncoded(headers)) {
      this.upstream?.abort();
      this.fail("upstream_invalid_response", "the answer is compressed, which was not asked for");
    } else if (status < 300 && call.stream && isEventStream(headers)) {
      const decoder = target.codec.streamDecoder(answerContext(this.input));
      this.state = { kind: "prelude", status, headers, decoder };
    } else {
      this.state = { kind: "whole", status, headers };
    }
  }

  onData(chunk: Buffer): void {
    const { state } = this;
    if (state.kind === "committed") state.stream.onData(chunk);
    else if (state.kind === "whole") this.collect(chunk, state);
    else if (state.kind === "prelude") this.awaitFirstEvent(chunk, state);
  }

  onEnd(): void {
    const { state } = this;
    if (state.kind === "committed") state.stream.onEnd();
    else if (state.kind === "whole") this.finishWhole(state);
    else if (state.kind === "prelude") this.endPrelude(state);
    else this.fail("upstream_invalid_response", "the answer ended before it began");
  }

  onError(failure: TransportFailure): void {
    if (this.state.kind === "committed") this.state.stream.onError(failure);
    else this.fail(failure.code, failure.message, adviceAfter(failure));
  }

  private dispatch(): void {
    const { target, call } = this.input;
    try {
      const body = encodeForTarget(this.input);
      const head = headForTarget(this.input);
      this.upstream = this.deps.upstreams.send({ target, call, head, body }, this);
    } catch (error) {
      // A call that cannot even be made does not succeed by being made again.
      if (error instanceof PerpetuoError) {
        this.refusal = error;
        this.fail(error.code, error.internal ?? error.message, "other-target");
        return;
      }
      const { code, message } = toTransportFailure(error, false);
      this.fail(code, message, "other-target");
    }
  }

  private collect(chunk: Buffer, state: State & { kind: "whole" }): void {
    this.size += chunk.length;
    const failed = state.status >= 300;
    if (failed && this.size > maxErrorBytes) {
      this.upstream?.abort();
      this.finishWhole(state);
      return;
    }
    const most = mostAnswerBytes[this.input.call.operation];
    if (!failed && this.size > most) {
      this.upstream?.abort();
      this.fail("upstream_response_too_large", `the answer exceeds ${most} bytes`, "other-target");
      return;
    }
    this.pieces.push(chunk);
  }

  private finishWhole({ status, headers: all }: State & { kind: "whole" }): void {
    const body = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    const { codec } = this.input.target;
    if (status >= 300) {
      const reveals = (bytes: Buffer) => this.reveals(bytes);
      const refused = readRefusal(this.input, { status, headers: all, body, reveals });
      this.finish("failed", refused.failure.message);
      this.settle({ kind: "failed", ...refused, refusal: null });
      return;
    }
    const decoded = codec.decodeResponse(body, answerContext(this.input));
    const { bytes, usage, malformed, error } = decoded;
    if (error !== null || (malformed && (codec.wire === "translated" || endsWithConnection(all)))) {
      const code = error === null ? "upstream_invalid_response" : (decoded.errorCode ?? "upstream_error");
      this.wasted = usage;
      const advice = decoded.errorCode === undefined ? "next-target" : "other-target";
      this.fail(code, this.presentable(error ?? malformedAnswer(codec)), advice);
      return;
    }
    if (usage !== null) this.input.receipt.usage = usage;
    this.finish("ok", malformed ? malformedAnswer(codec) : null);
    const headers = passableFrom(this.input, all);
    const answer = { kind: "whole" as const, status, headers, body: bytes, failure: null };
    this.settle({ kind: "answered", answer, malformed });
  }

  /** Nothing has reached the client yet, so an error that stands first is a failed attempt like any other. */
  private awaitFirstEvent(chunk: Buffer, state: State & { kind: "prelude" }): void {
    const { decoder } = state;
    const bytes = decoder.push(chunk);
    this.size += chunk.length;
    if (bytes.length > 0) this.pieces.push(bytes);
    if (decoder.state.error?.event === 1) {
      this.upstream?.abort();
      this.failInStream(decoder.state, decoder.state.error);
    } else if (decoder.state.events > 0 || this.size >= maxPreludeBytes) {
      this.commit(state);
    }
  }

  /** The whole stream was one event that lacks its blank line, or there was none. */
  private endPrelude(state: State & { kind: "prelude" }): void {
    const { decoder } = state;
    decoder.end();
    if (decoder.state.error) this.failInStream(decoder.state, decoder.state.error);
    else if (decoder.state.events > 0) this.commit(state).onEnd();
    else this.fail("upstream_invalid_response", "the stream ended before its first event");
  }

  private failInStream({ usage }: StreamDecoder["state"], { message }: { message: string }): void {
    this.wasted = usage;
    this.fail("upstream_error", this.presentable(message));
  }

  private commit({ decoder, status, headers: all }: State & { kind: "prelude" }): CommittedStream {
    const host = {
      decoder,
      upstream: this.upstream as UpstreamCall,
      turnEnd: this.deps.turnEnd,
      presentable: (message: string) => this.presentable(message),
      expectMore: (patience: Patience) => this.expectMore(patience),
      finish: (outcome: AttemptOutcome, error: string | null) => this.finish(outcome, error),
    };
    this.totalDueAt = this.input.receipt.acceptedAt + this.deps.timeouts.streamMs;
    const stream = new CommittedStream(host, this.pieces);
    this.state = { kind: "committed", stream };
    this.pieces = [];
    this.settle({
      kind: "answered",
      answer: { kind: "stream", status, headers: passableFrom(this.input, all), stream },
      malformed: false,
    });
    return stream;
  }

  private arm(dueAt: number): Deadline {
    return this.deps.deadlines.add(dueAt, () => this.expire());
  }

  private expectMore(patience: Patience): void {
    this.deadline.dueAt = Math.min(this.deps.now() + this.patienceMs(patience), this.totalDueAt);
  }

  private patienceMs(patience: Patience): number {
    if (patience === "idle") return this.limits.idleMs;
    return patience === "terminal" ? terminalGraceMs : Number.POSITIVE_INFINITY;
  }

  private expire(): void {
    const now = this.deps.now();
    const isStream = this.state.kind === "committed";
    const limit = isStream ? "the longest duration of a stream" : "the time for the whole answer";
    const reason = now >= this.totalDueAt ? `${limit} is over` : "the upstream was silent for too long";
    if (this.state.kind === "committed") {
      this.state.stream.expire(reason);
    } else if (this.upstream?.sent && now < this.limits.firstDueAt) {
      // Connected in time: from here the answer has its own limit, whether or not its head has come.
      this.deadline = this.arm(this.limits.firstDueAt);
    } else {
      this.upstream?.abort();
      // Another target has no time left either once the request's time is over; this one would take it all again.
      this.fail("upstream_timeout", reason, now >= this.limits.requestDueAt ? "return" : "other-target");
    }
  }

  /** Relay listens for itself once a stream is committed. */
  private interrupt(reason: Interruption): void {
    const message = interruptionMessage(reason);
    // Cancelled, a stream ends this call as well.
    if (this.state.kind === "committed") this.state.stream.cancel(message);
    if (this.state.kind === "over") return;
    // The provider has begun to work, and may bill what it has read.
    if (this.upstream?.sent) estimateUsage(this.input.receipt, this.input.call, 0);
    this.upstream?.abort();
    this.finish("aborted", message);
    const code = reason === "server-stopping" ? "server_shutdown" : "client_closed_request";
    this.settleFailure({ code, advice: "return", message });
  }

  private fail(code: ErrorCode, message: string, advice: FailureAdvice = "next-target"): void {
    if (this.state.kind === "over") return;
    this.finish(this.failedOutcome(), message);
    this.settleFailure({ code, message, advice });
  }

  private failedOutcome(): AttemptOutcome {
    // Sent, and no answer: the provider may have worked, and may bill it.
    if (this.state.kind === "waiting" && this.upstream?.sent) return "indeterminate";
    return this.refusal !== null && this.refusal.definition.status < 500 ? "refused" : "failed";
  }

  private settleFailure(cause: Pick<UpstreamFailure, "code" | "message" | "advice">): void {
    const failure: UpstreamFailure = { ...cause, status: this.status, retryAfterSeconds: null };
    this.settle({ kind: "failed", failure, answer: null, refusal: this.refusal });
  }

  private presentable(message: string): string {
    return this.reveals(Buffer.from(message)) ? hiddenMessage : message;
  }

  private reveals(bytes: Buffer): boolean {
    const { target, call } = this.input;
    return this.deps.upstreams.revealsSecret({ target, call }, bytes);
  }

  private finish(outcome: AttemptOutcome, error: string | null): void {
    this.state = { kind: "over" };
    this.deps.deadlines.clear(this.deadline);
    const { status, wasted, startedAt, firstByteAt } = this;
    const isTaken = this.upstream?.sent === true && (status ?? 200) < 300;
    const isBillable = isTaken && !isFree(this.input.call);
    const attempt = { outcome, status, error, isBillable, wasted, startedAt, firstByteAt };
    recordAttempt(this.input.receipt, this.input.target, { ...attempt, endedAt: this.deps.now() });
  }
}
