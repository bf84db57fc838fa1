import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";

const storageKey = "perpetuo-invitation";

/**
 * The token of the invitation that the tab was opened with. It stands behind `#` in the link, which a browser sends to
 * nobody; it is taken out of the address at once and kept for this tab, so that it outlives the log-in.
 */
export function useInvitationToken(): string {
  const { hash, pathname } = useLocation();
  const navigate = useNavigate();
  const [token] = useState(() => tokenOf(hash) ?? sessionStorage.getItem(storageKey) ?? "");
  useEffect(() => {
    if (tokenOf(hash) === null) return;
    sessionStorage.setItem(storageKey, token);
    void navigate(pathname, { replace: true });
  }, [hash, navigate, pathname, token]);
  return token;
}

export function forgetInvitation(): void {
  sessionStorage.removeItem(storageKey);
}

function tokenOf(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token");
}
