import { BenchError } from "../bench-error.ts";

const startMark = "<!-- figures: written by npm run bench -- --write -->";
const endMark = "<!-- end of figures -->";

/**
 * Puts the figures between the document's two marks.
 * @throws {BenchError} when the marks are not there, in this order.
 */
export function replaceFigures(document: string, figures: string): string {
  const start = document.indexOf(startMark);
  const end = document.indexOf(endMark);
  if (start === -1 || end < start) {
    throw new BenchError(`docs/benchmarks.md lacks its marks: ${startMark} and ${endMark}.`);
  }
  return `${document.slice(0, start + startMark.length)}\n\n${figures}\n\n${document.slice(end)}`;
}
