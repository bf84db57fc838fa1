import {
  type inferParserType,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { providerNames } from "../providers/provider-title.ts";

/** Lengths of the time range, in minutes; null is all time. */
const rangeMinutes = { "15m": 15, "1h": 60, "24h": 1_440, "7d": 10_080, "30d": 43_200, all: null } as const;

export const ranges = ["15m", "1h", "24h", "7d", "30d", "all"] as const;

export const statuses = ["success", "client_error", "server_error"] as const;

const parsers = {
  text: parseAsString.withDefault(""),
  model: parseAsString.withDefault(""),
  provider: parseAsStringLiteral(providerNames),
  status: parseAsStringLiteral(statuses),
  range: parseAsStringLiteral(ranges).withDefault("all"),
  page: parseAsInteger.withDefault(1),
  /** The row whose detail is open. */
  request: parseAsString,
};

export type Filters = inferParserType<typeof parsers>;

/** The state of the requests page, which lives in the URL so that a view can be shared and found again. */
export function useFilters() {
  const [filters, setFilters] = useQueryStates(parsers, { history: "replace" });
  return {
    filters,
    /** A changed filter starts again on the first page. */
    change: (change: Partial<Omit<Filters, "page" | "request">>) => setFilters({ ...change, page: null }),
    clear: () =>
      setFilters({ text: null, model: null, provider: null, status: null, range: null, page: null }),
    openPage: (page: number) => setFilters({ page }, { history: "push" }),
    openRequest: (id: string | null) => setFilters({ request: id }),
  };
}

export function isFiltered(filters: Filters): boolean {
  return (
    filters.text !== "" ||
    filters.model !== "" ||
    filters.provider !== null ||
    filters.status !== null ||
    filters.range !== "all"
  );
}

export const pageSize = 50;

const millisecondsPerMinute = 60_000;

/**
 * What control is asked for. The start of the range is a whole minute, so that the same view asks the same question for
 * a minute and the cache can answer it.
 */
export function listInput(workspaceId: string, filters: Filters, now: Date) {
  const minutes = rangeMinutes[filters.range];
  const text = filters.text.trim();
  const model = filters.model.trim();
  return {
    workspace_id: workspaceId,
    page: Math.max(1, filters.page),
    limit: pageSize,
    ...(text !== "" && { text }),
    ...(model !== "" && { model }),
    ...(filters.provider !== null && { provider: filters.provider }),
    ...(filters.status !== null && { status: filters.status }),
    ...(minutes !== null && { from: rangeStart(minutes, now) }),
  };
}

function rangeStart(minutes: number, now: Date): string {
  const currentMinute = Math.floor(now.getTime() / millisecondsPerMinute);
  return new Date((currentMinute - minutes) * millisecondsPerMinute).toISOString();
}
