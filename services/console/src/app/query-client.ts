import { readClientError } from "@perpetuo/client/errors";
import { sessionQueryKey } from "@perpetuo/client/hooks";
import { hashKey, MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

/** Repeats of a read after no answer came. */
const maximumRetries = 2;

/** How long a read counts as fresh, in milliseconds. */
const freshFor = 5_000;

/**
 * The cache of everything that was read. Only an unreachable server is asked again: an error that came as an answer
 * would come again. An ended session is noticed on whichever call meets it, and re-reading the session then sends the
 * reader to the log-in; the session's own read is left out, or it would start itself for ever.
 */
export function createQueryClient(): QueryClient {
  const sessionHash = hashKey(sessionQueryKey);
  const noticeEndedSession = (error: unknown) => {
    const failure = readClientError(error);
    if (failure.kind === "answered" && failure.code === "unauthenticated") {
      void queryClient.invalidateQueries({ queryKey: sessionQueryKey });
    }
  };
  const queryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.queryHash !== sessionHash) noticeEndedSession(error);
      },
    }),
    mutationCache: new MutationCache({ onError: noticeEndedSession }),
    defaultOptions: {
      queries: {
        staleTime: freshFor,
        retry: (failures, error) =>
          readClientError(error).kind === "unreachable" && failures < maximumRetries,
      },
    },
  });
  return queryClient;
}
