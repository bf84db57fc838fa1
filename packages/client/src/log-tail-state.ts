import type { AppRouter } from "@perpetuo/control/router";
import type { inferRouterOutputs } from "@trpc/server";

/** One request as a list of them shows it. */
export type LogItem = inferRouterOutputs<AppRouter>["logs"]["list"]["items"][number];

/** What a live view holds. */
export type LogTailState = {
  /** On the screen, the newest first. */
  rows: readonly LogItem[];
  /** Come while the view was paused, the newest first. */
  pending: readonly LogItem[];
  /** At least so many requests are missing, because they came too fast or the connection was away for too long. */
  skipped: number;
  paused: boolean;
};

export type LogTailEvent =
  | { kind: "request"; request: LogItem; skipped: number }
  | { kind: "pause" }
  | { kind: "resume" }
  | { kind: "clear" };

export const emptyLogTail: LogTailState = { rows: [], pending: [], skipped: 0, paused: false };

/** Makes the function from a view's state and what happens to its next state; the view keeps `limit` rows at most. */
export function createLogTailReducer(
  limit: number,
): (state: LogTailState, event: LogTailEvent) => LogTailState {
  return (state, event) => {
    switch (event.kind) {
      case "request":
        return addRequest(state, event, limit);
      case "pause":
        return { ...state, paused: true };
      case "resume":
        return {
          ...state,
          paused: false,
          rows: [...state.pending, ...state.rows].slice(0, limit),
          pending: [],
        };
      case "clear":
        return { ...emptyLogTail, paused: state.paused };
    }
  };
}

/** After a reconnection the server sends the last seconds once more, so what is there already changes nothing. */
function addRequest(
  state: LogTailState,
  { request, skipped }: { request: LogItem; skipped: number },
  limit: number,
): LogTailState {
  const isKnown = ({ id }: LogItem) => id === request.id;
  const sum = { skipped: state.skipped + skipped };
  if (state.rows.some(isKnown) || state.pending.some(isKnown)) {
    return skipped === 0 ? state : { ...state, ...sum };
  }
  return state.paused
    ? { ...state, ...sum, pending: [request, ...state.pending].slice(0, limit) }
    : { ...state, ...sum, rows: [request, ...state.rows].slice(0, limit) };
}
