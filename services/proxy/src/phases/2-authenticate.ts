import { PerpetuoError } from "@perpetuo/contracts/errors";
import { parseApiKey } from "@perpetuo/security/api-key";
import type { RequestHead } from "../exchange.ts";
import type { KeyCache, Principal } from "../key-cache.ts";

export type AuthenticateDeps = {
  keys: Pick<KeyCache, "find" | "isKnown">;
  /** Epoch milliseconds: keys expire by the wall clock. */
  wallClock: () => number;
};

/**
 * Turns the bearer token into a principal. One answer for unknown, revoked and expired keys, and for keys that cannot
 * be ours: the text tells nothing that a thief could use. Throws `PerpetuoError` (400, 401, 403, 503).
 */
export function authenticate(head: RequestHead, deps: AuthenticateDeps): Principal | Promise<Principal> {
  const parsed = parseApiKey(readToken(head), (hash) => deps.keys.isKnown(hash));
  if (parsed.kind === "malformed") throw new PerpetuoError("invalid_api_key");
  const found = deps.keys.find(parsed.hash);
  if (!(found instanceof Promise)) return admitPrincipal(found, deps);
  return found.then(
    (principal) => admitPrincipal(principal, deps),
    (cause: unknown) => {
      throw new PerpetuoError("auth_unavailable", { cause, retryAfterSeconds: 1 });
    },
  );
}

function readToken(head: RequestHead): string {
  if (head.authorization !== null && head.apiKey !== null) throw new PerpetuoError("ambiguous_credentials");
  if (head.apiKey !== null) return head.apiKey;
  const text = head.authorization;
  if (text === null) {
    throw new PerpetuoError("invalid_api_key", {
      message: "You didn't provide an API key. Send it as 'Authorization: Bearer pk_…'.",
    });
  }
  // The scheme is case-insensitive (RFC 9110, 11.1).
  return text.length > 7 && text.slice(0, 7).toLowerCase() === "bearer " ? text.slice(7).trim() : "";
}

function admitPrincipal(principal: Principal | null, { wallClock }: AuthenticateDeps): Principal {
  if (principal === null) throw new PerpetuoError("invalid_api_key");
  const { expires_at, scopes } = principal.identity;
  if (expires_at !== null && expires_at <= wallClock()) throw new PerpetuoError("invalid_api_key");
  if (!scopes.includes("gateway")) throw new PerpetuoError("insufficient_scope");
  return principal;
}
