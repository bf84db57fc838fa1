import { useSyncExternalStore } from "react";

/** The text of an API key that was just created, and the workspace it belongs to. */
export type RevealedKey = { workspace_id: string; text: string };

/** Lives in this page's memory alone: a secret in browser storage would outlive the moment it is meant for. */
let revealed: RevealedKey | null = null;
const listeners = new Set<() => void>();

export function revealApiKey(key: RevealedKey | null): void {
  revealed = key;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The text of the workspace's newest key, until the page is reloaded; null when it is not known any more. */
export function useRevealedKey(workspaceId: string): string | null {
  const key = useSyncExternalStore(subscribe, () => revealed);
  return key?.workspace_id === workspaceId ? key.text : null;
}
