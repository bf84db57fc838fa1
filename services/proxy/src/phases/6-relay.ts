import type { ModelCall, StreamDecoder } from "@perpetuo/gateway/adapter";
import { estimateInputTokens } from "@perpetuo/gateway/price";
import type { Answer, StreamAnswer, StreamEnd } from "../answer.ts";
import { type AnswerHeadersDeps, answerHeaders } from "../answer-headers.ts";
import type { Ending } from "../ending.ts";
import { estimateUsage } from "../estimated-usage.ts";
import { type Exchange, type Header, interruptionMessage } from "../exchange.ts";
import { Heartbeat, type HeartbeatDeps } from "../heartbeat.ts";
import { pauseWork, type Receipt, resumeWork } from "../receipt.ts";

export type RelayInput = { exchange: Exchange; call: ModelCall; receipt: Receipt };
export type RelayDeps = AnswerHeadersDeps & HeartbeatDeps;

/**
 * Passes the answer on, all but its last frame: a whole answer is held back entirely, of a stream the terminal event.
 * A reader that falls behind pauses the upstream. The promise never rejects.
 */
export function relay(answer: Answer, input: RelayInput, deps: RelayDeps): Promise<Ending> | Ending {
  const headers = answerHeaders(answer.headers, input.receipt, deps);
  if (answer.kind === "stream") return relayStream({ ...answer, headers }, input, deps);
  const { receipt, call } = input;
  if (answer.failure === null) {
    receipt.firstByteAt = deps.now();
    if (receipt.usage.input_tokens === 0)
      estimateUsage(receipt, call, estimateInputTokens(answer.body.length));
  }
  return { kind: "whole", status: answer.status, headers, body: answer.body, failure: answer.failure };
}

type StreamInput = { status: number; headers: Header[]; stream: StreamAnswer };

function relayStream(
  { status, headers, stream }: StreamInput,
  input: RelayInput,
  deps: RelayDeps,
): Promise<Ending> {
  const { exchange, receipt, call } = input;
  const { promise, resolve } = Promise.withResolvers<Ending>();
  const heartbeat = heartbeatFor(input, deps);
  const conclude = (ending: Ending) => {
    heartbeat?.stop();
    resumeWork(receipt, deps.now());
    meterStream(receipt, call, stream.decoder);
    resolve(ending);
  };
  exchange.onInterruption((reason) => {
    const message = interruptionMessage(reason);
    stream.cancel(message);
    if (reason === "server-stopping") {
      conclude({ kind: "stream-broken", failure: { code: "server_shutdown", message, sent: true } });
    } else {
      conclude({ kind: "client-gone", reason });
    }
  });
  if (exchange.closed !== null) return promise;
  exchange.onDrain(() => stream.resume());
  stream.relayTo({
    onBytes(bytes) {
      const outcome = exchange.started
        ? exchange.write(bytes)
        : startStream({ status, headers, first: bytes }, input, deps);
      heartbeat?.postpone();
      if (outcome === "backed-up") stream.pause();
    },
    onEnd(end: StreamEnd) {
      if (end.kind === "broken") {
        conclude({ kind: "stream-broken", failure: end.failure });
        return;
      }
      // A stream of nothing but its terminal event has no head yet.
      if (!exchange.started) startStream({ status, headers, first: Buffer.alloc(0) }, input, deps);
      conclude({ kind: "stream-complete", tail: end.tail, upstreamError: end.error });
    },
  });
  return promise;
}

/** Only into a stream that the gateway itself writes. */
function heartbeatFor({ exchange, receipt }: RelayInput, deps: RelayDeps): Heartbeat | null {
  const { dialect, target } = receipt;
  if (dialect.heartbeat === null || target?.codec.wire !== "translated") return null;
  return new Heartbeat(exchange, dialect.heartbeat, deps);
}

type Opening = { status: number; headers: Header[]; first: Buffer };

function startStream(
  { status, headers, first }: Opening,
  { exchange, receipt }: RelayInput,
  deps: RelayDeps,
) {
  const now = deps.now();
  receipt.firstByteAt = now;
  // Proxies in front that buffer would hold a stream back until it is over.
  const outcome = exchange.start(
    { status, headers: [...headers, ["x-accel-buffering", "no"]], closeConnection: false },
    first,
  );
  pauseWork(receipt, deps.now());
  return outcome;
}

/** The provider's own count where it came; otherwise what was seen: one token a content event. */
function meterStream(receipt: Receipt, call: ModelCall, { state }: StreamDecoder): void {
  const { usage, contentEvents } = state;
  if (usage === null) {
    estimateUsage(receipt, call, contentEvents);
    return;
  }
  receipt.usage = usage;
  if (state.terminated) return;
  // A count that comes before the end lags behind what has been sent: Anthropic's first event counts one token.
  receipt.usageEstimated = true;
  receipt.usage = { ...usage, output_tokens: Math.max(usage.output_tokens, contentEvents) };
}
