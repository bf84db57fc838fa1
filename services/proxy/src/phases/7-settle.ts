import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { type AnswerHeadersDeps, answerHeaders } from "../answer-headers.ts";
import { bill } from "../bill.ts";
import type { Counters } from "../counters.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Appended, Ending } from "../ending.ts";
import { type Exchange, type Header, interruptionMessage } from "../exchange.ts";
import type { Entrance } from "../overload/entrance.ts";
import { type Receipt, toLogRecord, type Verdict } from "../receipt.ts";
import { sendRefusal } from "../refusal.ts";
import { leavePlace } from "./3-admit.ts";

export type SettleInput = { exchange: Exchange; receipt: Receipt; ending: Ending };

export type SettleDeps = AnswerHeadersDeps & {
  isSpoolFull: () => boolean;
  /** Writes the record down durably, and says then or later whether the disk took it. */
  append: (record: RequestLogRecord, done: (appended: Appended) => void) => void;
  /** Counts what happened; `record` is null for what has no row. */
  observe: (outcome: { record: RequestLogRecord | null; verdict: Verdict; receipt: Receipt }) => void;
  logFailure: (request: { requestId: string }, error: unknown) => void;
  counters: Pick<Counters, "settle">;
  entrance: Pick<Entrance, "leave">;
  /** One request less between its head and its settlement. */
  leave: () => void;
};

/**
 * Ends a request: prices it, appends its one log record, and only when that is written gives the client its last bytes.
 * What was answered is therefore never missing from the log, whatever happens to the process. It never throws.
 */
export function settle(input: SettleInput, deps: SettleDeps): void {
  let isConcluded = false;
  try {
    const account = drawUp(input, deps);
    const conclusion = (appended: Appended): void => {
      isConcluded = true;
      conclude(afterAppend(input, appended, deps), account, deps);
    };
    if (account.record === null) conclusion(nothingToWrite);
    else deps.append(account.record, conclusion);
  } catch (error) {
    deps.logFailure(input.receipt, error);
    if (isConcluded) return;
    const ending: Ending = { kind: "refused", error: new PerpetuoError("internal_error", { cause: error }) };
    conclude(
      { ...input, ending },
      { verdict: judge(ending, input.receipt.dialect), cost: null, record: null },
      deps,
    );
  }
}

const nothingToWrite: Appended = { kind: "written" };

/**
 * What a request comes to: how it ended, what it cost, and its log row. A caller who is not known has none, nor has a request that
 * was refused because the spool is full: the records of a long outage's refusals would fill the disk.
 */
type Account = { verdict: Verdict; cost: number | null; record: RequestLogRecord | null };

function drawUp({ receipt, ending }: SettleInput, deps: SettleDeps): Account {
  const verdict = judge(ending, receipt.dialect);
  const cost = bill(receipt);
  const lacksRoom = ending.kind === "refused" && ending.error.code === "spool_full" && deps.isSpoolFull();
  const record = lacksRoom ? null : toLogRecord(receipt, { verdict, now: deps.now(), cost });
  return { verdict, cost, record };
}

/** An answer whose record the disk has not taken is not given. */
function afterAppend(input: SettleInput, appended: Appended, deps: SettleDeps): SettleInput {
  if (appended.kind === "written") return input;
  const { cause } = appended;
  deps.logFailure(input.receipt, cause);
  return {
    ...input,
    ending: { kind: "refused", error: new PerpetuoError("spool_full", { cause, retryAfterSeconds: 5 }) },
  };
}

/** The last bytes, and all that is to be given back; whatever fails here, the request is over. */
function conclude({ exchange, receipt, ending }: SettleInput, account: Account, deps: SettleDeps): void {
  const { verdict, cost, record } = account;
  try {
    // Before the last byte: a client that sends its next request upon it must find its place free, on any thread.
    giveBack(receipt, cost, deps);
    send(ending, { exchange, receipt }, deps);
    deps.observe({ record, verdict, receipt });
  } catch (error) {
    deps.logFailure(receipt, error);
  } finally {
    leavePlace(receipt, deps);
    deps.leave();
  }
}

/**
 * The reservation becomes what was taken. Tokens whose cost is unknown, as of a kind that the price has no rate for, keep the cost that
 * was reserved: a budget does not let them pass for nothing.
 */
function giveBack(receipt: Receipt, cost: number | null, deps: SettleDeps): void {
  leavePlace(receipt, deps);
  const { admission, usage } = receipt;
  if (admission === null) return;
  const tokens = usage.input_tokens + usage.output_tokens;
  const unknown = tokens === 0 ? 0 : admission.demand.costMicros;
  deps.counters.settle(admission, { tokens, costMicros: cost ?? unknown });
}

function judge(ending: Ending, dialect: Dialect): Verdict {
  switch (ending.kind) {
    case "whole":
      return {
        status: ending.status,
        errorCode: ending.failure?.code ?? null,
        errorMessage: ending.failure?.message ?? null,
      };
    case "stream-complete":
      return ending.upstreamError === null
        ? { status: 200, errorCode: null, errorMessage: null }
        : { status: 502, errorCode: "upstream_error", errorMessage: ending.upstreamError };
    case "stream-broken": {
      const { code, message } = ending.failure;
      return { status: dialect.statusOf(new PerpetuoError(code)), errorCode: code, errorMessage: message };
    }
    case "client-gone":
      return {
        status: 499,
        errorCode: "client_closed_request",
        errorMessage: interruptionMessage(ending.reason),
      };
    case "refused": {
      const { error } = ending;
      const status = dialect.statusOf(error);
      return { status, errorCode: error.code, errorMessage: error.internal ?? error.message };
    }
  }
}

function send(
  ending: Ending,
  { exchange, receipt }: { exchange: Exchange; receipt: Receipt },
  deps: AnswerHeadersDeps,
): void {
  switch (ending.kind) {
    case "whole":
      exchange.respond(
        { status: ending.status, headers: ending.headers, closeConnection: false },
        ending.body,
      );
      return;
    case "stream-complete":
      exchange.finish(ending.tail);
      return;
    case "stream-broken":
      sendError(new PerpetuoError(ending.failure.code), { exchange, receipt }, deps);
      return;
    case "client-gone":
      return;
    case "refused":
      sendError(ending.error, { exchange, receipt }, deps);
  }
}

/** While nothing of a stream has been sent, an error still has a status of its own. */
function sendError(
  error: PerpetuoError,
  { exchange, receipt }: { exchange: Exchange; receipt: Receipt },
  deps: AnswerHeadersDeps,
): void {
  const { dialect, requestId } = receipt;
  if (!exchange.started) {
    sendRefusal(exchange, { error, dialect, headers: refusalHeaders(error, receipt, deps) });
    return;
  }
  exchange.finish(Buffer.from(dialect.errorEvent(dialect.errorBody(error, requestId))));
}

function refusalHeaders(error: PerpetuoError, receipt: Receipt, deps: AnswerHeadersDeps): Header[] {
  const headers = answerHeaders([], receipt, deps);
  return isHopeless(error, receipt) ? [...headers, ["x-should-retry", "false"]] : headers;
}

/** The gateway has tried every target there is, or a limit is such that no wait of a client's helps. */
function isHopeless({ code, retryAfterSeconds }: PerpetuoError, { attempts }: Receipt): boolean {
  if (code === "insufficient_quota") return true;
  return attempts.length > 1 || (code === "rate_limit_exceeded" && retryAfterSeconds === null);
}
