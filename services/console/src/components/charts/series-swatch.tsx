/** The colour of a series beside its name; the name is what tells series apart. */
export function SeriesSwatch({ color }: { color: string }) {
  return <span aria-hidden="true" className="size-2 shrink-0 rounded-xs" style={{ background: color }} />;
}
