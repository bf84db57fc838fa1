import { escapeText } from "./escape.ts";

export type Bar = { label: string; value: number; low?: number; high?: number };
export type BarChart = { title: string; unit: string; bars: readonly Bar[] };

export type Series = { name: string; points: readonly (readonly [x: number, y: number])[] };
export type Axis = { label: string; scale: "linear" | "logarithmic" };
export type LineChart = { title: string; x: Axis; y: Axis; series: readonly Series[] };

const width = 720;
const barHeight = 26;
const labelWidth = 250;
const valueWidth = 110;
const titleHeight = 34;
const titleBaseline = 16;
const plot = { left: 70, right: 150, top: 56, bottom: 46, height: 300 };
const colours = ["#2563eb", "#ea580c", "#059669", "#9333ea", "#dc2626", "#0891b2"];

/** Horizontal bars with the range of the runs as a whisker. */
export function barChart({ title, unit, bars }: BarChart): string {
  const most = Math.max(...bars.map(({ value, high }) => Math.max(value, high ?? value)), Number.MIN_VALUE);
  const scale = (value: number) => labelWidth + (value / most) * (width - labelWidth - valueWidth);
  const rows = bars.map(({ label, value, low, high }, index) => {
    const top = titleHeight + index * barHeight;
    const middle = top + barHeight / 2;
    const whisker =
      low === undefined || high === undefined
        ? ""
        : `<path class="whisker" d="M${round(scale(low))} ${middle}H${round(scale(high))}"/>`;
    return (
      `<text x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${escapeText(label)}</text>` +
      `<rect x="${labelWidth}" y="${top + 4}" width="${round(scale(value) - labelWidth)}" height="${barHeight - 8}" fill="${colourOf(index)}"/>` +
      `${whisker}<text x="${round(Math.max(scale(value), scale(high ?? value)) + 8)}" y="${middle + 4}">${showTick(value)}</text>`
    );
  });
  return figure(`${title}, ${unit}`, titleHeight + bars.length * barHeight + 8, rows.join(""));
}

/** Lines with points, on linear or logarithmic axes. Values that an axis cannot show are left out. */
export function lineChart({ title, x, y, series }: LineChart): string {
  const drawable = series.map(({ name, points }) => ({
    name,
    points: points.filter(([across, up]) => canShow(x, across) && canShow(y, up)),
  }));
  const all = drawable.flatMap(({ points }) => points);
  const horizontal = makeScale(
    x,
    all.map(([across]) => across),
    [plot.left, width - plot.right],
  );
  const vertical = makeScale(
    y,
    all.map(([, up]) => up),
    [plot.top + plot.height, plot.top],
  );
  const lines = drawable.map(({ name, points }, index) => {
    const places = points.map(
      ([across, up]) => [round(horizontal.at(across)), round(vertical.at(up))] as const,
    );
    const colour = colourOf(index);
    const legend = plot.top + 16 + index * 22;
    return (
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.map((place) => place.join(",")).join(" ")}"/>` +
      places.map(([across, up]) => `<circle cx="${across}" cy="${up}" r="3.5" fill="${colour}"/>`).join("") +
      `<circle cx="${width - plot.right + 16}" cy="${legend - 4}" r="5" fill="${colour}"/>` +
      `<text x="${width - plot.right + 28}" y="${legend}">${escapeText(name)}</text>`
    );
  });
  const bottom = plot.top + plot.height;
  const grid =
    horizontal.ticks
      .map(
        (tick) =>
          `<text x="${round(horizontal.at(tick))}" y="${bottom + 18}" text-anchor="middle">${showTick(tick)}</text>`,
      )
      .join("") +
    vertical.ticks
      .map((tick) => {
        const up = round(vertical.at(tick));
        return `<path class="grid" d="M${plot.left} ${up}H${width - plot.right}"/><text x="${plot.left - 8}" y="${up + 4}" text-anchor="end">${showTick(tick)}</text>`;
      })
      .join("");
  const labels =
    `<text x="${(plot.left + width - plot.right) / 2}" y="${bottom + 38}" text-anchor="middle">${escapeText(x.label)}</text>` +
    `<text x="${plot.left - 8}" y="${plot.top - 8}" text-anchor="start">${escapeText(y.label)}</text>`;
  return figure(title, bottom + plot.bottom, grid + labels + lines.join(""));
}

type Scale = { at: (value: number) => number; ticks: number[] };

function makeScale({ scale }: Axis, values: readonly number[], [start, end]: [number, number]): Scale {
  if (values.length === 0) return { at: () => start, ticks: [] };
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const ticks = scale === "linear" ? linearTicks(most) : logarithmicTicks(least, most);
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const transform = scale === "linear" ? (value: number) => value : Math.log10;
  const span = transform(high) - transform(low) || 1;
  return { at: (value) => start + ((transform(value) - transform(low)) / span) * (end - start), ticks };
}

/** From zero, in four to eight round steps. */
export function linearTicks(most: number): number[] {
  if (!(most > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = power * ([1, 2, 5, 10].find((factor) => most / (power * factor) <= 8) ?? 10);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) =>
    Number((index * step).toPrecision(12)),
  );
}

/** Powers of ten around the values. */
export function logarithmicTicks(least: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const length = Math.max(2, last - first + 1);
  return Array.from({ length }, (_, index) => Number((10 ** (first + index)).toPrecision(12)));
}

function canShow({ scale }: Axis, value: number): boolean {
  return Number.isFinite(value) && (scale === "linear" || value > 0);
}

function figure(title: string, height: number, content: string): string {
  return (
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">` +
    `<text class="title" x="0" y="${titleBaseline}">${escapeText(title)}</text>${content}</svg>`
  );
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? "currentColor";
}

function showTick(value: number): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 0.1 ? 3 : digits });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
