/** The bounds of a list, as its input has them; `from` is inclusive, `to` exclusive. */
export type TimeRange<TMoment> = { from?: TMoment | undefined; to?: TMoment | undefined };

export function readTimeRange({ from, to }: TimeRange<string>): TimeRange<Date> {
  return {
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
}
