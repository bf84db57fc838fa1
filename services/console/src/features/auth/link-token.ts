import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";

/** Where a tab keeps the token of one kind of link. */
export type LinkTokens = { read: () => string; keep: (token: string) => void; forget: () => void };

export const invitationTokens = tokensNamed("perpetuo-invitation");
export const resetTokens = tokensNamed("perpetuo-reset");

function tokensNamed(name: string): LinkTokens {
  return {
    read: () => sessionStorage.getItem(name) ?? "",
    keep: (token) => sessionStorage.setItem(name, token),
    forget: () => sessionStorage.removeItem(name),
  };
}

/**
 * The token of the link that the tab was opened with; empty without one. It stands behind `#`, which a browser sends to
 * nobody; it is taken out of the address at once and kept for this tab, so that it outlives a log-in.
 */
export function useLinkToken(tokens: LinkTokens): string {
  const { hash, pathname } = useLocation();
  const navigate = useNavigate();
  const [token] = useState(() => tokenOf(hash) ?? tokens.read());
  useEffect(() => {
    if (tokenOf(hash) === null) return;
    tokens.keep(token);
    void navigate(pathname, { replace: true });
  }, [hash, navigate, pathname, token, tokens]);
  return token;
}

function tokenOf(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token");
}
