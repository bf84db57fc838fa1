import type { PerpetuoError } from "@perpetuo/contracts/errors";
import type { UpstreamFailure } from "@perpetuo/gateway/failure";
import type { CloseReason, Header } from "./exchange.ts";
import type { TransportFailure } from "./transport-failure.ts";

/** How the phases before settle came out, and what the client still has to get: settle sends it after the log record. */
export type Ending =
  | { kind: "whole"; status: number; headers: Header[]; body: Buffer; failure: UpstreamFailure | null }
  | { kind: "stream-complete"; tail: Buffer; upstreamError: string | null }
  | { kind: "stream-broken"; failure: TransportFailure }
  | { kind: "client-gone"; reason: CloseReason }
  | { kind: "refused"; error: PerpetuoError };

/** Whether a log record is in the kernel's page cache, where the death of the process does not reach it, or nowhere. */
export type Appended = { kind: "written" } | { kind: "failed"; cause: unknown };
