import { describe, expect, it } from "vitest";
import { barChart, linearTicks, lineChart, logarithmicTicks } from "./charts.ts";
import { renderHtml } from "./html.ts";

describe("ticks", () => {
  it.each([
    [7, [0, 1, 2, 3, 4, 5, 6, 7]],
    [62_000, [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000]],
    [0.3, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]],
    [0, [0, 1]],
  ])("linear up to %d · round steps that reach it", (most, ticks) => {
    expect(linearTicks(most)).toEqual(ticks);
  });

  it("logarithmic · powers of ten around the values", () => {
    expect(logarithmicTicks(0.4, 120)).toEqual([0.1, 1, 10, 100, 1_000]);
    expect(logarithmicTicks(10, 10)).toEqual([10, 100]);
  });
});

describe("charts", () => {
  it("bars · as long as their values, with the range", () => {
    const svg = barChart({ title: "CPU", unit: "µs", bars: [{ label: "a<b", value: 10, low: 5, high: 20 }] });
    expect(svg).toContain("a&lt;b");
    expect(svg).toContain('width="180"');
    expect(svg).toContain('class="whisker"');
  });

  it("lines · one for each series, without what an axis cannot show", () => {
    const axis = { label: "x", scale: "logarithmic" } as const;
    const points = [
      [1, 1],
      [0, 5],
      [10, Number.NaN],
      [100, 10],
    ] as const;
    const svg = lineChart({ title: "t", x: axis, y: axis, series: [{ name: "s", points }] });
    expect(svg.match(/<circle/g)).toHaveLength(3);
    expect(svg).not.toContain("NaN");
  });

  it("nothing to draw · a chart all the same", () => {
    const axis = { label: "x", scale: "linear" } as const;
    expect(lineChart({ title: "t", x: axis, y: axis, series: [] })).not.toContain("NaN");
  });
});

describe("renderHtml", () => {
  it("blocks · one file that loads nothing", () => {
    const html = renderHtml("A & B", [
      { kind: "heading", text: "h" },
      { kind: "text", text: "**bold** and `x<y`" },
      { kind: "list", items: ["i"] },
      { kind: "table", head: ["c"], rows: [["1"]] },
      { kind: "chart", svg: "<svg></svg>" },
    ]);
    expect(html).toContain("<title>A &amp; B</title>");
    expect(html).toContain("<strong>bold</strong> and <code>x&lt;y</code>");
    expect(html).toContain(
      "<table><thead><tr><th>c</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>",
    );
    expect(html).not.toMatch(/src=|href=|@import|url\(/);
  });
});
