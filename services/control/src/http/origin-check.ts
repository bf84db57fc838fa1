/** How a call says who it is. A cookie is sent by the browser whatever page makes the call; the others are not. */
export type CredentialKind = "none" | "bearer" | "cookie" | "malformed";

export type OriginCheckInput = {
  method: string;
  credential: CredentialKind;
  /** The `Sec-Fetch-Site` header, which every current browser sends to a trustworthy origin and no page can forge. */
  fetchSite: string | undefined;
  /** The `Origin` header, for browsers and plain-http addresses where the other is missing. */
  origin: string | undefined;
  /** Origins that may change state: the public URL's and the console's. */
  allowedOrigins: ReadonlySet<string>;
};

export type OriginVerdict = { kind: "allowed" } | { kind: "refused"; reason: string };

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Decides whether a call may change state (OWASP ASVS 3.5: cross-site request forgery). A bearer token is never sent
 * by a browser of its own accord and passes. Log-in and sign-up carry no credential and are checked as well, because
 * they set the cookie; a caller that is no browser sends neither header and passes unless it uses a cookie.
 */
export function checkOrigin(input: OriginCheckInput): OriginVerdict {
  const { origin, fetchSite } = input;
  if (safeMethods.has(input.method) || input.credential === "bearer") return { kind: "allowed" };
  if (fetchSite === "same-origin" || fetchSite === "none") return { kind: "allowed" };
  if (origin !== undefined) {
    if (input.allowedOrigins.has(origin)) return { kind: "allowed" };
    return {
      kind: "refused",
      reason:
        "The call comes from another origin. The operator sets PUBLIC_URL or CONSOLE_ORIGIN to allow it.",
    };
  }
  if (fetchSite !== undefined) return { kind: "refused", reason: "The call comes from another site." };
  if (input.credential === "cookie") {
    return {
      kind: "refused",
      reason: "A call with a cookie must say its Origin. Use the bearer token instead.",
    };
  }
  return { kind: "allowed" };
}
