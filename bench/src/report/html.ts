import type { Block } from "./blocks.ts";
import { escapeText } from "./escape.ts";

const style = `
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .7rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
svg { display: block; width: 100%; max-width: 46rem; height: auto; margin: 1.5rem 0; }
svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
svg .title { font-size: 14px; font-weight: 600; }
svg .grid { stroke: var(--line); } svg .whisker { stroke: currentColor; stroke-width: 2; }
code { font-family: ui-monospace, monospace; }
`;

/** One file that needs no other: style and drawings are in it, and it loads nothing. */
export function renderHtml(title: string, blocks: readonly Block[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeText(title)}</h1>
${blocks.map(htmlOf).join("\n")}
</body>
</html>
`;
}

function htmlOf(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h2>${inline(block.text)}</h2>`;
    case "text":
      return `<p>${inline(block.text)}</p>`;
    case "list":
      return `<ul>${block.items.map((item) => `<li>${inline(item)}</li>`).join("")}</ul>`;
    case "table":
      return `<table><thead>${row(block.head, "th")}</thead><tbody>${block.rows.map((cells) => row(cells, "td")).join("")}</tbody></table>`;
    case "chart":
      return block.svg;
  }
}

function row(cells: readonly string[], tag: "th" | "td"): string {
  return `<tr>${cells.map((cell) => `<${tag}>${inline(cell)}</${tag}>`).join("")}</tr>`;
}

function inline(text: string): string {
  return escapeText(text)
    .replaceAll(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
    .replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}
