import type { TransportFailure } from "./transport-failure.ts";
import type { SentRequest, UpstreamCall, UpstreamEvents } from "./upstream.ts";

/** A call whose upstream the test plays. */
export class ScriptedCall implements UpstreamCall {
  readonly request: SentRequest;
  /** What was asked of the connection, in order. */
  readonly asked: ("abort" | "pause" | "resume")[] = [];
  sent = true;
  private readonly events: UpstreamEvents;

  constructor(request: SentRequest, events: UpstreamEvents) {
    this.request = request;
    this.events = events;
  }

  get aborted(): boolean {
    return this.asked.includes("abort");
  }

  abort(): void {
    this.asked.push("abort");
  }

  pause(): void {
    this.asked.push("pause");
  }

  resume(): void {
    this.asked.push("resume");
  }

  head(status: number, headers: Record<string, string> = {}): this {
    this.events.onHead(status, headers);
    return this;
  }

  /** The head of a stream. */
  streamHead(headers: Record<string, string> = {}): this {
    return this.head(200, { "content-type": "text/event-stream", ...headers });
  }

  data(text: string): this {
    if (!this.aborted) this.events.onData(Buffer.from(text));
    return this;
  }

  end(): void {
    if (!this.aborted) this.events.onEnd();
  }

  error(code: TransportFailure["code"], message = "broken"): void {
    if (!this.aborted) this.events.onError({ code, message, sent: this.sent });
  }

  answer(status: number, body: string, headers: Record<string, string> = {}): void {
    this.head(status, { "content-type": "application/json", ...headers })
      .data(body)
      .end();
  }
}

/** Upstreams that hand every call to the test. */
export class ScriptedUpstreams {
  readonly calls: ScriptedCall[] = [];
  readonly secret = "sk-secret-of-the-provider-key";
  /** Set: `send` throws it. */
  refusal: unknown = null;
  /** Whether calls count as sent from the start. */
  connected = true;
  private waiting: ((call: ScriptedCall) => void) | null = null;

  send(request: SentRequest, events: UpstreamEvents): UpstreamCall {
    if (this.refusal !== null) throw this.refusal;
    const call = new ScriptedCall(request, events);
    call.sent = this.connected;
    this.calls.push(call);
    this.waiting?.(call);
    this.waiting = null;
    return call;
  }

  revealsSecret(_request: unknown, bytes: Buffer): boolean {
    return bytes.includes(this.secret);
  }

  /** Resolves with the next call, once it is made. */
  next(): Promise<ScriptedCall> {
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }
}
