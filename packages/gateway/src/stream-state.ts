import type { StreamState } from "./adapter.ts";

/** What a decoder knows before the first event. */
export function openStreamState(): StreamState {
  return {
    events: 0,
    contentEvents: 0,
    usage: null,
    terminated: false,
    terminalWithheld: false,
    error: null,
    unreadableEvents: 0,
  };
}
