import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

export type HighlightGrammar = "shellscript" | "python" | "typescript";

export type HighlightedToken = { text: string; color: string };
export type HighlightedLine = HighlightedToken[];

const grammars = {
  shellscript: () => import("shiki/langs/shellscript.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
};

/** Colours are the roles of tokens.css, so that the theme switches them with everything else. */
const theme = createCssVariablesTheme({
  name: "perpetuo",
  variablePrefix: "--color-code-",
  variableDefaults: {
    foreground: "var(--color-foreground)",
    background: "transparent",
    "token-constant": "var(--color-code-constant)",
    "token-string": "var(--color-code-string)",
    "token-string-expression": "var(--color-code-string)",
    "token-comment": "var(--color-faint)",
    "token-keyword": "var(--color-code-keyword)",
    "token-parameter": "var(--color-foreground)",
    "token-function": "var(--color-code-function)",
    "token-punctuation": "var(--color-muted)",
    "token-link": "var(--color-accent)",
  },
});

let loading: Promise<HighlighterCore> | null = null;

/** Splits code into coloured tokens. Loads the engine and the one grammar that it needs. */
export async function highlight(code: string, grammar: HighlightGrammar): Promise<HighlightedLine[]> {
  loading ??= createHighlighterCore({ themes: [theme], langs: [], engine: createJavaScriptRegexEngine() });
  const highlighter = await loading;
  if (!highlighter.getLoadedLanguages().includes(grammar)) {
    await highlighter.loadLanguage(grammars[grammar]());
  }
  const { tokens } = highlighter.codeToTokens(code, { lang: grammar, theme: "perpetuo" });
  return tokens.map((line) =>
    line.map((token) => ({ text: token.content, color: token.color ?? "inherit" })),
  );
}
