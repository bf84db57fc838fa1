import type {
  BodyOutcome,
  CloseReason,
  Exchange,
  Header,
  Interruption,
  RequestHead,
  ResponseHead,
  WriteOutcome,
} from "./exchange.ts";

/** A well-formed request for a completion. */
export function headOf(overrides: Partial<RequestHead> = {}): RequestHead {
  return {
    method: "POST",
    path: "/v1/chat/completions",
    query: null,
    authorization: null,
    apiKey: null,
    contentType: "application/json",
    contentEncoding: null,
    contentLength: 10,
    transferEncoding: null,
    requestId: null,
    metadata: null,
    timeoutMs: null,
    explain: null,
    vendorHeaders: null,
    duplicateHeader: null,
    ...overrides,
  };
}

/** An exchange whose client the test plays. `events` tells what was done, in order. */
export class FakeExchange implements Exchange {
  readonly id = "0190a000-0000-7000-8000-000000000001";
  readonly requestId = "request-1";
  readonly head: RequestHead;
  readonly acceptedAt = 0;
  readonly body: Promise<BodyOutcome>;
  readonly events: string[];
  closed: CloseReason | null = null;
  started = false;
  /** What the next write says. */
  outcome: WriteOutcome = "flowing";
  answerHead: ResponseHead | null = null;
  private received = "";
  private closeListener: ((reason: Interruption) => void) | null = null;
  private drainListener: (() => void) | null = null;

  constructor(options: { head?: RequestHead; body?: BodyOutcome; events?: string[] } = {}) {
    this.head = options.head ?? headOf();
    this.body = Promise.resolve(options.body ?? { kind: "complete", body: Buffer.from("{}") });
    this.events = options.events ?? [];
  }

  /** Everything that the client has got. */
  get text(): string {
    return this.received;
  }

  get status(): number | null {
    return this.answerHead?.status ?? null;
  }

  header(name: string): string[] {
    return (this.answerHead?.headers ?? [])
      .filter(([key]: Header) => key === name)
      .map(([, value]: Header) => value);
  }

  onInterruption(listener: (reason: Interruption) => void): void {
    if (this.closed !== null) listener(this.closed);
    else this.closeListener = listener;
  }

  onDrain(listener: () => void): void {
    this.drainListener = listener;
  }

  respond(head: ResponseHead, body: Buffer | string): void {
    this.events.push("respond");
    if (this.closed !== null) return;
    this.answerHead = head;
    this.received += body.toString();
  }

  start(head: ResponseHead, first: Buffer): WriteOutcome {
    this.events.push("start");
    this.started = true;
    this.answerHead = head;
    this.received += first.toString();
    return this.outcome;
  }

  write(bytes: Buffer): WriteOutcome {
    this.events.push("write");
    this.received += bytes.toString();
    return this.outcome;
  }

  finish(bytes: Buffer): void {
    this.events.push("finish");
    if (this.closed === null) this.received += bytes.toString();
  }

  /** The client's connection ends. */
  leave(reason: CloseReason = "client-gone"): void {
    this.closed = reason;
    this.closeListener?.(reason);
  }

  /** The instance has no more time. */
  interrupt(): void {
    this.closeListener?.("server-stopping");
  }

  /** The client has taken everything written. */
  drain(): void {
    this.outcome = "flowing";
    this.drainListener?.();
  }
}
