import type { Spread } from "../statistics.ts";

/** A piece of a report. The document in docs/ and the HTML report are made of the same pieces. */
export type Block =
  | { kind: "heading"; text: string }
  /** Text may hold `**bold**` and code in backticks. */
  | { kind: "text"; text: string }
  | { kind: "list"; items: readonly string[] }
  | { kind: "table"; head: readonly string[]; rows: readonly (readonly string[])[] }
  /** An SVG element; left out of Markdown. */
  | { kind: "chart"; svg: string };

export function renderMarkdownBlocks(blocks: readonly Block[]): string {
  return blocks.flatMap((block) => markdownOf(block) ?? []).join("\n\n");
}

function markdownOf(block: Block): string | null {
  switch (block.kind) {
    case "heading":
      return `### ${block.text}`;
    case "text":
      return block.text;
    case "list":
      return block.items.map((item) => `- ${item}`).join("\n");
    case "table":
      return [
        `| ${block.head.join(" | ")} |`,
        `|${block.head.map(() => "---").join("|")}|`,
        ...block.rows.map((row) => `| ${row.join(" | ")} |`),
      ].join("\n");
    case "chart":
      return null;
  }
}

/** The median, with the range of the runs in brackets. */
export function showSpread({ median, minimum, maximum }: Spread, digits: number): string {
  return `${showNumber(median, digits)} (${showNumber(minimum, digits)}–${showNumber(maximum, digits)})`;
}

/** A number with its thousands set apart; a dash for one that is not there. */
export function showNumber(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function scaleSpread({ median, minimum, maximum }: Spread, factor: number): Spread {
  return { median: median * factor, minimum: minimum * factor, maximum: maximum * factor };
}

/** Whole mebibytes. */
export function showMebibytes(bytes: number): string {
  return `${showNumber(bytes / 2 ** 20)} MiB`;
}
