import { useEffect, useState } from "react";
import type { HighlightedLine, HighlightGrammar } from "../../library/highlight.ts";

type CodeBlockProps = { code: string; grammar: HighlightGrammar; label: string };

/**
 * Code in colour. It shows as plain text at once and is coloured when the highlighter has loaded; every token is a text
 * node, so that nothing in the code can become markup.
 */
export function CodeBlock({ code, grammar, label }: CodeBlockProps) {
  const lines = useHighlightedLines(code, grammar);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable from the keyboard.
    <section aria-label={label} tabIndex={0} className="overflow-x-auto p-4 outline-offset-[-2px]">
      <pre className="w-max min-w-full font-mono text-sm leading-[1.6]">
        <code>{lines === null ? code : lines.map(renderLine)}</code>
      </pre>
    </section>
  );
}

function renderLine(line: HighlightedLine, index: number) {
  return (
    <span key={index} className="block min-h-[1lh]">
      {line.map((token, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a token's place is its identity.
        <span key={place} style={{ color: token.color }}>
          {token.text}
        </span>
      ))}
    </span>
  );
}

type Highlighted = { code: string; grammar: HighlightGrammar; lines: HighlightedLine[] };

/** Null until the colours of exactly this code are known. */
function useHighlightedLines(code: string, grammar: HighlightGrammar): HighlightedLine[] | null {
  const [highlighted, setHighlighted] = useState<Highlighted | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    void loadHighlighted(code, grammar).then((lines) => {
      if (!abort.signal.aborted && lines !== null) setHighlighted({ code, grammar, lines });
    });
    return () => abort.abort();
  }, [code, grammar]);
  return highlighted?.code === code && highlighted.grammar === grammar ? highlighted.lines : null;
}

async function loadHighlighted(code: string, grammar: HighlightGrammar): Promise<HighlightedLine[] | null> {
  try {
    const { highlight } = await import("../../library/highlight.ts");
    return await highlight(code, grammar);
  } catch {
    // Colour is an extra: without the chunk the code stays plain text.
    return null;
  }
}
