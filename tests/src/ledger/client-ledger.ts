import {
  type GatewayAnswer,
  type GatewayCall,
  type GatewayClient,
  headerOf,
} from "../harness/gateway-client.ts";
import type { TestWorkspace } from "../harness/workspace.ts";
import { canariesOf, contentEventsOf, type Judgement, judgeAnswer } from "./judge-answer.ts";

/**
 * How a request ended for its client, after Jepsen: what is known to be so, and `info` for what cannot be known.
 * `ok`: the whole answer, with its terminator. `error_json`: an error with a status of its own. `error_sse`: a stream
 * that ended in an error event. `client_aborted`: the client left on purpose. `refused`: no connection was made, so no
 * request exists. `info`: the connection broke; the gateway may have taken the request or not. `wrong`: an answer that
 * nobody may get, such as half of one that looks whole.
 */
export type Outcome = "ok" | "error_json" | "error_sse" | "client_aborted" | "refused" | "info" | "wrong";

/** What the client knows of one request. Written before the request leaves, completed when it is over. */
export type ClientRecord = {
  readonly requestId: string;
  readonly workspaceId: string;
  /** Refused credentials have no row. */
  readonly authenticated: boolean;
  /** The answer repeats the request's canary. */
  readonly echoes: boolean;
  /** `unmetered`: an answer whose tokens the gateway cannot count, such as one without usage in one giant event. */
  readonly tokens: "metered" | "unmetered";
  outcome: Outcome | "open";
  /** What is wrong, or how the connection broke. */
  detail: string | null;
  /** Null: no head came. */
  status: number | null;
  errorCode: string | null;
  /** The gateway's `x-request-id`: it has admitted the request. */
  admittedAs: string | null;
  /** Content events that the client read. */
  contentEvents: number;
  /** Ids of the requests whose canaries stood in the answer. */
  canaries: string[];
};

export type IntentPlan = {
  workspace: Pick<TestWorkspace, "id" | "apiKey">;
  /** Model name with the mock provider's parameters; `echo=1` among them has the answer repeat the canary. */
  model: string;
  members?: object;
  /** Instead of the workspace's first key. */
  apiKey?: string;
  authenticated?: boolean;
  tokens?: ClientRecord["tokens"];
  headers?: Record<string, string>;
  onProgress?: GatewayCall["onProgress"];
  /** Instead of what the ledger makes of an answer that the client has read to its end. */
  judge?: (answer: GatewayAnswer) => Judgement;
};

/** A request that is about to leave: what to send, and where to write down how it ended. */
export type Intent = {
  readonly record: ClientRecord;
  readonly call: GatewayCall & { headers: Record<string, string> };
  /** An answer that was read to its end. */
  answered(answer: GatewayAnswer): void;
  /** Every other end, with what the client saw until then. */
  ended(outcome: Exclude<Outcome, "ok" | "wrong">, seen?: Partial<Seen>): void;
};

/** What a client saw of an answer that it did not read to its end. */
export type Seen = { status: number; headers: GatewayAnswer["headers"]; body: Buffer; detail: string };

export type LedgerAnswer = { record: ClientRecord; answer: GatewayAnswer | null };

/**
 * The client's side of the books. Each request carries its own id three times: as `x-request-id`, which the gateway's row
 * repeats; as `user` of the body, which the mock provider records; and in its message, as a canary that no other
 * request's answer may contain.
 *
 * Use: `createClientLedger`, `send` through it (or `intend`, for what an HTTP client does not do, and write the end down),
 * and at the end `assertLedger({ stack, ledger })` of `assert-ledger.ts`, which joins these records with the provider's
 * and the database's. A workspace belongs to one ledger, and all its requests go through it.
 */
export type ClientLedger = {
  readonly records: readonly ClientRecord[];
  intend(plan: IntentPlan): Intent;
  /** Sends a request and reads the whole answer; a broken connection is a record, not an exception. */
  send(plan: IntentPlan): Promise<LedgerAnswer>;
  /** Reads a stream until so many content events have come, then cuts the connection; a shorter one is an answer. */
  sendAndAbort(plan: IntentPlan, events: number): Promise<LedgerAnswer>;
};

/** `run` makes the request ids of one ledger differ from those of every other on the same stack. */
export function createClientLedger(client: GatewayClient, run: string): ClientLedger {
  const records: ClientRecord[] = [];
  const intend = (plan: IntentPlan): Intent => {
    const intent = createIntent(plan, `${run}-${records.length}`);
    records.push(intent.record);
    return intent;
  };
  return {
    records,
    intend,
    async send(plan) {
      const intent = intend(plan);
      try {
        const answer = await client.call(intent.call);
        intent.answered(answer);
        return { record: intent.record, answer };
      } catch (error) {
        const { outcome, detail } = brokenConnection(error);
        intent.ended(outcome, { detail });
        return { record: intent.record, answer: null };
      }
    },
    async sendAndAbort(plan, events) {
      const intent = intend(plan);
      try {
        const answer = await client.abortAfter(intent.call, events);
        if (answer.seen < events) intent.answered(answer);
        else intent.ended("client_aborted", answer);
      } catch (error) {
        const { outcome, detail } = brokenConnection(error);
        intent.ended(outcome, { detail });
      }
      return { record: intent.record, answer: null };
    },
  };
}

function createIntent(plan: IntentPlan, requestId: string): Intent {
  const { workspace, model } = plan;
  const record: ClientRecord = {
    requestId,
    workspaceId: workspace.id,
    authenticated: plan.authenticated ?? true,
    echoes: /[?&]echo=1/.test(model),
    tokens: plan.tokens ?? "metered",
    outcome: "open",
    detail: null,
    status: null,
    errorCode: null,
    admittedAs: null,
    contentEvents: 0,
    canaries: [],
  };
  const note = (seen: Partial<Seen>): void => {
    record.status = seen.status ?? null;
    record.admittedAs = headerOf(seen.headers ?? {}, "x-request-id");
    record.detail = seen.detail ?? null;
    record.contentEvents = seen.body === undefined ? 0 : contentEventsOf(seen.body);
    record.canaries = seen.body === undefined ? [] : canariesOf(seen.body);
  };
  const messages = [{ role: "user", content: `canary(${requestId}) Say something short.` }];
  return {
    record,
    call: {
      apiKey: plan.apiKey ?? workspace.apiKey,
      body: { model, messages, user: requestId, ...plan.members },
      headers: { ...plan.headers, "x-request-id": requestId },
      ...(plan.onProgress === undefined ? {} : { onProgress: plan.onProgress }),
    },
    answered(answer) {
      note(answer);
      Object.assign(record, (plan.judge ?? judgeAnswer)(answer));
    },
    ended(outcome, seen = {}) {
      note(seen);
      record.outcome = outcome;
    },
  };
}

function brokenConnection(error: unknown): { outcome: "refused" | "info"; detail: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  return { outcome: code === "ECONNREFUSED" ? "refused" : "info", detail: `${code ?? "error"}: ${message}` };
}
