import type { ApiKey } from "@perpetuo/contracts/api/api-keys";

/** Whether an API key still opens the gateway. */
export type KeyState = { kind: "active" } | { kind: "revoked"; at: string } | { kind: "expired"; at: string };

export function keyState(key: Pick<ApiKey, "revoked_at" | "expires_at">, now: Date): KeyState {
  if (key.revoked_at !== null) return { kind: "revoked", at: key.revoked_at };
  if (key.expires_at !== null && new Date(key.expires_at) <= now) {
    return { kind: "expired", at: key.expires_at };
  }
  return { kind: "active" };
}
