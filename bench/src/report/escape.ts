const replacements: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text that stands for itself in HTML and SVG, in attributes too. */
export function escapeText(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => replacements[character] ?? character);
}
