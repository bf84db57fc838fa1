/**
 * A name with `*` in it, each standing for any run of characters, an empty one too. `parts` is the text around them:
 * the first begins the name, the last ends it, and the others follow each other in between.
 */
export type NamePattern = { readonly text: string; readonly parts: readonly string[] };

/** Whether the text is a pattern and not a plain name. */
export function isPattern(text: string): boolean {
  return text.includes("*");
}

export function compilePattern(text: string): NamePattern {
  return { text, parts: text.split("*").filter((part, index, all) => part !== "" || isEnd(index, all)) };
}

function isEnd(index: number, all: readonly string[]): boolean {
  return index === 0 || index === all.length - 1;
}

/**
 * Whether the name fits. Each part is taken where it comes first, which never has to be taken back, so that no pattern
 * costs more than a few walks over the name. A regular expression could take time that grows with a power of its length.
 */
export function fitsPattern({ parts }: NamePattern, name: string): boolean {
  const first = parts[0] as string;
  const last = parts[parts.length - 1] as string;
  if (name.length < first.length + last.length) return false;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (let index = 1; index < parts.length - 1; index++) {
    const part = parts[index] as string;
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
