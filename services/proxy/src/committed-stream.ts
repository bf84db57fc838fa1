import type { AttemptOutcome } from "@perpetuo/contracts/request-log";
import type { StreamDecoder } from "@perpetuo/gateway/adapter";
import type { StreamAnswer, StreamEnd, StreamSink } from "./answer.ts";
import type { TransportFailure } from "./transport-failure.ts";
import type { Deferred, TurnEnd } from "./turn-end.ts";
import type { UpstreamCall, UpstreamEvents } from "./upstream.ts";

/** How long the upstream may be silent: between two pieces, after the terminal event, or for as long as it takes. */
export type Patience = "idle" | "terminal" | "none";

/** Content that is put off to the end of the turn; what is larger, or comes on top of it, is handed on at once. */
const maxDeferredBytes = 4_096;

/** What a committed stream needs of the call that it was. */
export type StreamHost = {
  decoder: StreamDecoder;
  upstream: UpstreamCall;
  turnEnd: TurnEnd;
  /** Moves the call's deadline: by how long the upstream may be silent. */
  expectMore: (patience: Patience) => void;
  /** The provider's words as the log may have them. */
  presentable: (message: string) => string;
  /** Writes the attempt down; called once. */
  finish: (outcome: AttemptOutcome, error: string | null) => void;
};

/** A stream from its first event on: nothing that happens to it can be tried again elsewhere. */
export class CommittedStream
  implements StreamAnswer, Deferred, Pick<UpstreamEvents, "onData" | "onEnd" | "onError">
{
  readonly decoder: StreamDecoder;
  private readonly host: StreamHost;
  /** Bytes that came before relay was there to take them. */
  private early: Buffer[];
  private earlyEnd: StreamEnd | null = null;
  private sink: StreamSink | null = null;
  /** What the sink gets at the end of the turn. */
  private deferred: Buffer | null = null;
  private over = false;

  constructor(host: StreamHost, first: Buffer[]) {
    this.host = host;
    this.decoder = host.decoder;
    this.early = first;
    this.expectMore();
  }

  relayTo(sink: StreamSink): void {
    this.sink = sink;
    if (this.early.length > 0) sink.onBytes(Buffer.concat(this.early));
    this.early = [];
    if (this.earlyEnd) sink.onEnd(this.earlyEnd);
  }

  pause(): void {
    // The reader's deadline counts now; the upstream is not to blame for the silence.
    this.host.expectMore("none");
    this.host.upstream.pause();
  }

  resume(): void {
    this.expectMore();
    this.host.upstream.resume();
  }

  cancel(why: string): void {
    if (this.over) return;
    this.flush();
    this.end("aborted", why);
    this.host.upstream.abort();
  }

  onData(chunk: Buffer): void {
    const bytes = this.decoder.push(chunk);
    this.expectMore();
    if (bytes.length === 0) return;
    if (this.sink === null) {
      this.early.push(bytes);
    } else if (this.deferred === null && bytes.length <= maxDeferredBytes) {
      this.deferred = bytes;
      this.host.turnEnd.add(this);
    } else {
      this.flush();
      this.sink.onBytes(bytes);
    }
  }

  flush(): void {
    const bytes = this.deferred;
    this.deferred = null;
    if (bytes !== null) this.sink?.onBytes(bytes);
  }

  onEnd(): void {
    this.decoder.end();
    const { terminated, error: event } = this.decoder.state;
    if (!terminated && event === null) {
      this.interrupt("upstream_stream_interrupted", "the stream ended without its terminal event");
      return;
    }
    const error = event === null ? null : this.host.presentable(event.message);
    this.end(error === null ? "ok" : "failed", error);
    this.deliver({ kind: "complete", tail: this.decoder.takeTail(), error });
  }

  /** A connection that breaks now is an interruption to the client, whatever broke it. */
  onError({ message }: TransportFailure): void {
    this.interrupt("upstream_stream_interrupted", message);
  }

  /** The deadline has passed. After the terminal event an upstream that does not hang up is not waited for. */
  expire(message: string): void {
    if (this.over) return;
    this.host.upstream.abort();
    if (this.decoder.state.terminalWithheld) this.onEnd();
    else this.interrupt("upstream_timeout", message);
  }

  private expectMore(): void {
    this.host.expectMore(this.decoder.state.terminalWithheld ? "terminal" : "idle");
  }

  private interrupt(code: TransportFailure["code"], message: string): void {
    if (this.over) return;
    this.end("failed", message);
    this.deliver({ kind: "broken", failure: { code, message, sent: true } });
  }

  private end(outcome: AttemptOutcome, error: string | null): void {
    this.over = true;
    this.host.finish(outcome, error);
  }

  private deliver(end: StreamEnd): void {
    this.flush();
    if (this.sink) this.sink.onEnd(end);
    else this.earlyEnd = end;
  }
}
