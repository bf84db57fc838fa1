import type { ChartSeries } from "../../components/charts/chart-data.ts";
import { otherColor, seriesColor } from "../../components/charts/series-colors.ts";
import { messages } from "../../messages/messages.ts";
import { loggedProviderName } from "../providers/provider-title.ts";
import type { UsageSeries } from "./use-series.ts";

const text = messages.overview;

type Group = UsageSeries["group"];
type Item = UsageSeries["series"][number];

/** What a group of a series is called. */
export function groupLabel(item: Item, group: Group): string {
  if (item.kind === "other") return text.other;
  switch (group) {
    case "provider":
      return item.provider === null ? text.noProvider : loggedProviderName(item.provider);
    case "model":
      return item.model ?? text.noModel;
    case "api_key":
      return item.name ?? text.deletedKey;
    case "none":
      return text.total;
  }
}

/** The groups of a series as layers of a chart; the largest has the first colour. */
export function groupLayers({ series, group }: UsageSeries): ChartSeries[] {
  return series.map((item, index) => ({
    id: groupId(item),
    label: groupLabel(item, group),
    color: item.kind === "other" ? otherColor : seriesColor(index),
    values: item.values,
  }));
}

/** Tells the groups of one series apart; names are not unique. */
export function groupId({ kind, provider, model, api_key_id }: Item): string {
  return [kind, provider, model, api_key_id].join("/");
}

/** One metric without groups; null where the period has no row of it. */
export function totalOf(series: UsageSeries | undefined): number | null {
  return series?.series[0]?.total ?? null;
}

/** The values of one metric without groups. */
export function valuesOf(series: UsageSeries): (number | null)[] {
  return series.series[0]?.values ?? series.buckets.map(() => null);
}

/** The share of errors; null without requests. */
export function errorShare(requests: number | null, errors: number | null): number | null {
  return requests === null || requests === 0 ? null : (errors ?? 0) / requests;
}

/** What remains of each value after others were taken off; missing stays missing. */
export function without(
  values: readonly (number | null)[],
  ...parts: readonly (readonly (number | null)[])[]
): (number | null)[] {
  return values.map((value, index) =>
    value === null
      ? null
      : Math.max(
          0,
          parts.reduce((rest, part) => rest - (part[index] ?? 0), value),
        ),
  );
}
