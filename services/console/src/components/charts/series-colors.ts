/** The colours of groups, the largest first; the rest together is grey. */
const palette = [1, 2, 3, 4, 5, 6].map((index) => `var(--color-chart-${index})`);

export const otherColor = "var(--color-chart-other)";
export const errorColor = "var(--color-chart-error)";

/** The colour of the group at a place; places beyond the palette share the grey one. */
export function seriesColor(index: number): string {
  return palette[index] ?? otherColor;
}
