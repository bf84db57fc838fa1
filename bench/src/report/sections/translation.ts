import type { TranslationPart } from "../../parts/translation.ts";
import { type Block, showSpread } from "../blocks.ts";

/** What it costs to speak another wire than the client's. */
export function translationSection({ wires }: TranslationPart): Block[] {
  return [
    { kind: "heading", text: "Translation: chat completions to providers of other wires" },
    {
      kind: "table",
      head: ["provider", "CPU µs/request", "over passing through", "CPU µs/chunk", "over passing through"],
      rows: wires.map(({ wire, request, chunk, added }) => [
        added === null ? `${wire}, passed through` : wire,
        showSpread(request, 1),
        added === null ? "" : showSpread(added.request, 1),
        showSpread(chunk, 1),
        added === null ? "" : showSpread(added.chunk, 1),
      ]),
    },
    {
      kind: "text",
      text: "The load is that of the unary and streaming comparison. The mock provider speaks every wire, and a provider's answer has the size that its wire gives it.",
    },
  ];
}
