import { type Span, visitElements } from "./json-scan.ts";

/** What an `input` or a `prompt` holds, and how many of it: texts, or lists of a tokeniser's numbers. */
export type TextInput = { kind: "texts" | "tokens"; count: number };

type Element = "text" | "number" | "list" | "other";

const quote = 0x22;
const openBracket = 0x5b;

/**
 * Reads the shape that OpenAI's embeddings and completions take: a text, a list of texts, one text's tokens, or a list
 * of such lists, whose insides are upstream's to judge. Null for anything else. The span is a scanned value's.
 */
export function readTextInput(body: Buffer, span: Span): TextInput | null {
  const first = elementOf(body[span.start] as number);
  if (first === "text") return { kind: "texts", count: 1 };
  if (first !== "list") return null;
  let count = 0;
  let kind: Element | null = null;
  visitElements(body, span, (firstByte) => {
    const element = elementOf(firstByte);
    count++;
    kind = kind === null || kind === element ? element : "other";
  });
  return ofElements(kind, count);
}

function ofElements(kind: Element | null, count: number): TextInput | null {
  switch (kind) {
    case null:
    case "text":
      return { kind: "texts", count };
    case "number":
      return { kind: "tokens", count: 1 };
    case "list":
      return { kind: "tokens", count };
    case "other":
      return null;
  }
}

function elementOf(firstByte: number): Element {
  if (firstByte === quote) return "text";
  if (firstByte === openBracket) return "list";
  return firstByte === 0x2d || (firstByte >= 0x30 && firstByte <= 0x39) ? "number" : "other";
}
