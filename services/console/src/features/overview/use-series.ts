import { api, type RouterInputs, type RouterOutputs } from "@perpetuo/client/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { type Period, periodOf, type TimeRange } from "../../library/time-range.ts";
import { useNow } from "../../library/use-now.ts";

export type UsageSeries = RouterOutputs["usage"]["series"];
type SeriesQuestion = Pick<RouterInputs["usage"]["series"], "metric" | "group" | "top">;

/** How often figures are read again, in milliseconds, while the page is visible. */
const refreshInterval = 30_000;

/** The period of a range, which moves on with the hour. */
export function usePeriod(range: TimeRange): Period {
  return periodOf(range, useNow(60_000));
}

export type SeriesAnswer = { data: UsageSeries | undefined; error: unknown; refetch: () => unknown };

/** One metric over time. The last answer stays while another range is on its way. */
export function useSeries(workspaceId: string, period: Period, question: SeriesQuestion): SeriesAnswer {
  const { data, error, refetch } = api.usage.series.useQuery(
    { workspace_id: workspaceId, ...period, ...question },
    { placeholderData: keepPreviousData, refetchInterval: refreshInterval },
  );
  return { data, error, refetch };
}
