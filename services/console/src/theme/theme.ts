import { useSyncExternalStore } from "react";

/** What the reader chose; `system` follows the operating system and is stored as nothing. */
export type ThemeChoice = "system" | "light" | "dark";

/** Also read by boot.js, before the first paint. */
const storageKey = "perpetuo.theme";

const listeners = new Set<() => void>();

function currentChoice(): ThemeChoice {
  const attribute = document.documentElement.dataset.theme;
  return attribute === "light" || attribute === "dark" ? attribute : "system";
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function chooseTheme(choice: ThemeChoice): void {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  try {
    if (choice === "system") localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, choice);
  } catch {
    // Storage is forbidden in this browser: the choice lasts until the page is left.
  }
  for (const listener of listeners) listener();
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, currentChoice);
}
