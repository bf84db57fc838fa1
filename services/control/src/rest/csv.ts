/**
 * What a spreadsheet takes for the beginning of a formula, also behind white space that it strips, and in the full width
 * that East Asian versions take for the same.
 */
const formulaStart = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/;

/**
 * One line of CSV (RFC 4180). Text is always quoted, so that no separator of any locale splits it, and text that a
 * spreadsheet would run as a formula begins with an apostrophe. Null is nothing; an object is its JSON.
 */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvField).join(",")}\r\n`;
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const harmless = formulaStart.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
