import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Database } from "@perpetuo/database/connection";
import type { SessionUser } from "@perpetuo/database/queries/control/sessions";
import type { AddressPolicy } from "@perpetuo/security/address-filter";
import type { MasterKeyring } from "@perpetuo/security/master-key";
import type { Passwords } from "./auth/passwords.ts";
import type { ResetRequests } from "./auth/reset-requests.ts";
import type { SessionRecord, Sessions } from "./auth/sessions.ts";
import type { Throttle } from "./auth/throttle.ts";
import type { OriginVerdict } from "./http/origin-check.ts";
import type { TailHub } from "./logs/tail-hub.ts";
import type { TailSource } from "./logs/tail-source.ts";
import type { Mailer } from "./mail/mailer.ts";
import type { ProviderTester } from "./provider-test.ts";
import type { ReaderPlaces } from "./reader-places.ts";
import type { Readiness } from "./readiness.ts";

/** What procedures work with; made once a process. */
export type ControlServices = {
  database: Database;
  keyring: MasterKeyring;
  sessions: Sessions;
  passwords: Passwords;
  throttle: Throttle;
  resetRequests: ResetRequests;
  mailer: Mailer;
  providerTester: ProviderTester;
  readiness: Readiness;
  /** Aborts when the service stops: what lasts must end then. */
  stopping: AbortSignal;
  /** How many downloads may run at once. */
  downloads: ReaderPlaces;
  tailHub: TailHub;
  tailSource: TailSource;
  addressPolicy: AddressPolicy;
  /** Addresses that the operator set for whole providers; they need no base URL and no filter. */
  providerBaseUrls: Readonly<Record<string, string>>;
  /** The gateway's base URL as client applications use it, ending in `/v1`. */
  gatewayUrl: string;
  /** Where the console's own pages begin, for links; no slash at the end. */
  consoleUrl: string;
};

/** What a caller shows to say who it is. */
export type Credential =
  | { kind: "none" }
  /** An Authorization header that is no bearer token; never replaced by a cookie that came along. */
  | { kind: "malformed" }
  | { kind: "bearer"; token: string }
  | { kind: "cookie"; token: string };

/** Who is calling, once the credential has been checked. `token` is the credential itself. */
export type Caller = { user: SessionUser; session: SessionRecord; token: string };

/** What one HTTP request brings to the procedures that it calls; a batch of calls shares one. */
export type RequestContext = {
  services: ControlServices;
  request_id: string;
  ip: string;
  user_agent: string | null;
  credential: Credential;
  /** Whether the call may change state, by where it comes from. */
  origin: OriginVerdict;
  /** Makes the request's further log lines name the workspace. */
  nameWorkspace(workspaceId: string): void;
  /** Adds a `Set-Cookie` header to the answer. */
  setCookie(value: string): void;
  /**
   * Checks the credential, once a request.
   * @throws {PerpetuoError} `unauthenticated`.
   */
  authenticate(): Promise<Caller>;
};

/** Reads the credential of a request. A bearer token wins over a cookie, because the caller chose to send it. */
export function readCredential(
  headers: { authorization?: string | undefined; cookie?: string | undefined },
  sessions: Sessions,
): Credential {
  if (headers.authorization !== undefined) {
    const token = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(headers.authorization)?.[1];
    return token === undefined ? { kind: "malformed" } : { kind: "bearer", token };
  }
  const token = headers.cookie === undefined ? null : sessions.readCookie(headers.cookie);
  return token === null || token === "" ? { kind: "none" } : { kind: "cookie", token };
}

export function createRequestContext(request: Omit<RequestContext, "authenticate">): RequestContext {
  let caller: Promise<Caller> | null = null;
  return {
    ...request,
    authenticate() {
      caller ??= authenticate(request);
      return caller;
    },
  };
}

async function authenticate(request: Omit<RequestContext, "authenticate">): Promise<Caller> {
  const { credential, services } = request;
  if (credential.kind !== "bearer" && credential.kind !== "cookie")
    throw new PerpetuoError("unauthenticated");
  const verdict = await services.sessions.validate(credential.token);
  if (verdict.kind === "invalid") throw new PerpetuoError("unauthenticated");
  if (verdict.renewed && credential.kind === "cookie") {
    request.setCookie(services.sessions.cookie(credential.token));
  }
  return { user: verdict.user, session: verdict.session, token: credential.token };
}
