import { isUtf8 } from "node:buffer";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ModelCall, Operation } from "@perpetuo/gateway/adapter";
import { readModelCall, readStringMap } from "@perpetuo/gateway/model-call";
import type { AttemptDeps } from "./answer.ts";
import type { Dialect } from "./dialects/dialect.ts";
import type { Ending } from "./ending.ts";
import type { Exchange } from "./exchange.ts";
import { answerItself } from "./own-answer.ts";
import { type AcceptLimits, accept, readMetadata, readTimeout, tooLargeMessage } from "./phases/1-accept.ts";
import { type AuthenticateDeps, authenticate } from "./phases/2-authenticate.ts";
import { type AdmitDeps, admit, takePlace } from "./phases/3-admit.ts";
import { type PlanDeps, plan } from "./phases/4-plan.ts";
import { attempt } from "./phases/5-attempt.ts";
import { type RelayDeps, relay } from "./phases/6-relay.ts";
import { type SettleDeps, settle } from "./phases/7-settle.ts";
import { openReceipt, pauseWork, type Receipt, resumeWork } from "./receipt.ts";

export type RequestDeps = AcceptLimits &
  AuthenticateDeps &
  AdmitDeps &
  PlanDeps &
  AttemptDeps &
  RelayDeps &
  SettleDeps & {
    /** One request more between its head and its settlement. */
    enter: () => void;
  };

/** What a path asks for, and in whose words. */
export type Inbound = { operation: Operation; dialect: Dialect };

/**
 * The life of a request: accept, authenticate, admit, plan, attempt, relay, and settle whatever came of it. Every
 * request ends in one settle, an aborted one too, so that each is priced and logged exactly once.
 */
export async function handleRequest(
  exchange: Exchange,
  { operation, dialect }: Inbound,
  deps: RequestDeps,
): Promise<void> {
  const receipt = newReceipt(exchange, dialect, deps);
  let ending: Ending = { kind: "client-gone", reason: "client-gone" };
  deps.enter();
  try {
    accept(exchange.head, deps);
    // What is there already is not awaited: that would cost a turn through the queue of microtasks each time.
    const found = authenticate(exchange.head, deps);
    const principal = found instanceof Promise ? await found : found;
    receipt.principal = principal;
    const knownAt = deps.now();
    receipt.phases.authMs = knownAt - exchange.acceptedAt;
    const place = takePlace(principal, exchange, deps);
    receipt.place = place instanceof Promise ? await place : place;
    const placeMs = deps.now() - knownAt;
    const call = await readCall(exchange, { operation, receipt }, deps);
    const readAt = deps.now();
    const { metadata, createdAt: acceptedTime } = receipt;
    const admission = admit({ principal, call, metadata, acceptedTime }, deps);
    receipt.admission = admission instanceof Promise ? await admission : admission;
    const admittedAt = deps.now();
    receipt.phases.admitMs = placeMs + admittedAt - readAt;
    const planned = plan(call, { principal, receipt }, deps);
    receipt.phases.planMs = deps.now() - admittedAt;
    const own = answerItself(planned, { head: exchange.head, call, principal, receipt }, deps);
    if (own !== null) {
      ending = own;
      return;
    }
    const timeoutMs = readTimeout(exchange.head);
    const answer = await attempt({ exchange, call, plan: planned, receipt, timeoutMs }, deps);
    const relayed = relay(answer, { exchange, call, receipt }, deps);
    ending = relayed instanceof Promise ? await relayed : relayed;
  } catch (error) {
    ending = toEnding(error, { exchange, receipt }, deps);
  } finally {
    settle({ exchange, receipt, ending }, deps);
  }
}

function newReceipt(exchange: Exchange, dialect: Dialect, deps: RequestDeps): Receipt {
  return openReceipt({
    id: exchange.id,
    requestId: exchange.requestId,
    endpoint: exchange.head.path,
    dialect,
    acceptedAt: exchange.acceptedAt,
    createdAt: deps.wallClock(),
  });
}

/** Waits for the body and reads it. The wait is the client's time, not the gateway's. */
async function readCall(
  exchange: Exchange,
  { operation, receipt }: { operation: Operation; receipt: Receipt },
  deps: RequestDeps,
): Promise<ModelCall> {
  receipt.metadata = readMetadata(exchange.head);
  pauseWork(receipt, deps.now());
  const outcome = await exchange.body;
  resumeWork(receipt, deps.now());
  switch (outcome.kind) {
    case "complete":
      if (!isUtf8(outcome.body))
        throw new PerpetuoError("invalid_json", { message: "The body is not valid UTF-8." });
      receipt.call = readModelCall(operation, outcome.body);
      receipt.metadata = mergeMetadata(readStringMap(receipt.call, "metadata"), receipt.metadata);
      return receipt.call;
    case "too-large":
      throw new PerpetuoError("payload_too_large", { message: tooLargeMessage(deps) });
    case "timed-out":
      throw new PerpetuoError("request_timeout");
    case "stopping":
      throw new PerpetuoError("server_shutdown");
    case "gone":
      throw new PerpetuoError("client_closed_request");
  }
}

/** The body's `metadata` and the header's; of one name the header's counts, because the body's is OpenAI's own. */
function mergeMetadata(
  body: Record<string, string> | null,
  header: Record<string, string> | null,
): Record<string, string> | null {
  return body === null || header === null ? (header ?? body) : { ...body, ...header };
}

/** The one failure exit: whatever was thrown becomes an ending. */
function toEnding(
  error: unknown,
  { exchange, receipt }: { exchange: Exchange; receipt: Receipt },
  deps: RequestDeps,
): Ending {
  if (exchange.closed !== null) return { kind: "client-gone", reason: exchange.closed };
  if (error instanceof PerpetuoError) return { kind: "refused", error };
  deps.logFailure(receipt, error);
  return { kind: "refused", error: new PerpetuoError("internal_error", { cause: error }) };
}
