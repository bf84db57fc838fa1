const storageKey = "perpetuo.workspace";

/** The workspace that the reader had open last, in this browser. */
export function readLastWorkspace(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    // Storage is forbidden in this browser: the first workspace opens.
    return null;
  }
}

export function rememberLastWorkspace(workspaceId: string): void {
  try {
    localStorage.setItem(storageKey, workspaceId);
  } catch {
    // Storage is forbidden in this browser: nothing is remembered.
  }
}
