import type { AppRouter } from "@perpetuo/control/router";
import type { TRPCClientErrorLike } from "@trpc/client";
import { useCallback, useEffect, useMemo, useReducer } from "react";
import { api, type RouterInputs } from "./hooks.ts";
import { createLogTailReducer, emptyLogTail, type LogItem } from "./log-tail-state.ts";

export type LogTailInput = Omit<RouterInputs["logs"]["tail"], "lastEventId">;

export type LogTailOptions = {
  /** Rows that the view keeps; older ones fall out. Default: 500. */
  limit?: number;
  /** `false` holds no connection. Default: `true`. */
  enabled?: boolean;
};

/** A live view of a workspace's requests. */
export type LogTail = {
  /** The newest first, each once. */
  rows: readonly LogItem[];
  paused: boolean;
  /** How many requests have come since the pause. */
  pending: number;
  /** At least so many requests are missing here; `logs.list` has them. */
  skipped: number;
  /** `connecting`: for the first time, or again after a loss. `pending`: connected, and waiting for requests. */
  status: "idle" | "connecting" | "pending" | "error";
  error: TRPCClientErrorLike<AppRouter> | null;
  /** Holds the rows as they are while requests go on coming. */
  pause: () => void;
  /** Shows what has come since the pause. */
  resume: () => void;
  clear: () => void;
};

const defaultLimit = 500;

/** Follows the requests of a workspace that match the filters. Other filters start the view afresh. */
export function useLogTail(input: LogTailInput, options: LogTailOptions = {}): LogTail {
  const { limit = defaultLimit, enabled = true } = options;
  const reducer = useMemo(() => createLogTailReducer(limit), [limit]);
  const [state, dispatch] = useReducer(reducer, emptyLogTail);
  const subscription = api.logs.tail.useSubscription(input, {
    enabled,
    onData: ({ data }) => dispatch({ kind: "request", ...data }),
  });
  const view = JSON.stringify(input);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is what must change for its rows to go.
  useEffect(() => dispatch({ kind: "clear" }), [view]);
  return {
    rows: state.rows,
    paused: state.paused,
    pending: state.pending.length,
    skipped: state.skipped,
    status: subscription.status,
    error: subscription.error,
    pause: useCallback(() => dispatch({ kind: "pause" }), []),
    resume: useCallback(() => dispatch({ kind: "resume" }), []),
    clear: useCallback(() => dispatch({ kind: "clear" }), []),
  };
}
