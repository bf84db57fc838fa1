import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Block, renderMarkdownBlocks } from "./report/blocks.ts";
import { type DocumentPart, replaceFigures } from "./report/document.ts";
import { renderHtml } from "./report/html.ts";

const checkout = path.resolve(import.meta.dirname, "../..");
const resultsDirectory = path.join(checkout, "bench/results");
const documentFile = path.join(checkout, "docs/benchmarks.md");

export type Output = {
  title: string;
  taken_at: string;
  /** What the JSON file holds. */
  data: object;
  blocks: readonly Block[];
  part: DocumentPart;
};

/** Writes a run as JSON and HTML, and on request into the document. Returns what to tell the person who waits. */
export function writeOutput({ title, taken_at, data, blocks, part }: Output, write: boolean): string {
  const name = `${part}-${taken_at.replaceAll(/[:.]/g, "-")}`;
  mkdirSync(resultsDirectory, { recursive: true });
  writeFileSync(path.join(resultsDirectory, `${name}.json`), `${JSON.stringify(data, null, 2)}\n`);
  writeFileSync(path.join(resultsDirectory, `${name}.html`), renderHtml(title, blocks));
  const markdown = renderMarkdownBlocks(blocks);
  if (write) {
    const document = readFileSync(documentFile, "utf8");
    writeFileSync(documentFile, replaceFigures(document, { part, figures: markdown }));
  }
  const places = `bench/results/${name}.json and .html${write ? ", docs/benchmarks.md" : ""}`;
  return `\n${markdown}\n\nWritten to ${places}.`;
}
