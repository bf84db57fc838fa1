import { BenchError } from "../bench-error.ts";

/** The generated parts of docs/benchmarks.md. */
export type DocumentPart = "figures" | "soak";

const marks: Record<DocumentPart, { start: string; end: string }> = {
  figures: {
    start: "<!-- figures: written by npm run bench -- --write -->",
    end: "<!-- end of figures -->",
  },
  soak: { start: "<!-- soak: written by npm run bench -- --soak --write -->", end: "<!-- end of soak -->" },
};

/**
 * Puts figures between the two marks of their part of the document.
 * @throws {BenchError} when the marks are not there, in this order.
 */
export function replaceFigures(
  document: string,
  { part, figures }: { part: DocumentPart; figures: string },
): string {
  const mark = marks[part];
  const start = document.indexOf(mark.start);
  const end = document.indexOf(mark.end);
  if (start === -1 || end < start) {
    throw new BenchError(`docs/benchmarks.md lacks its marks: ${mark.start} and ${mark.end}.`);
  }
  return `${document.slice(0, start + mark.start.length)}\n\n${figures}\n\n${document.slice(end)}`;
}
