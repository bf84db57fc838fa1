import type { ProviderName } from "@perpetuo/contracts/providers";
import type { CaseId } from "./cases.ts";

/** A provider whose wire the mock speaks. */
export type MatrixProvider = {
  name: ProviderName;
  /** Where its wire is on the mock, behind the port. */
  path: string;
  /** Input tokens that the mock reports as read and not as billed; the log has what is billed. */
  unbilledTokens?: number;
  /** Its usage says how many of the output's tokens were thought. */
  countsThoughts: boolean;
  /** What it has no API for: the reason for the document, and the words by which the gateway refuses. */
  lacks: Partial<Record<CaseId, { why: string; says: RegExp }>>;
};

const noEmbeddings = { why: "its API has none.", says: /offers embeddings/ };
const noCompletions = { why: "its API has none.", says: /offers completions/ };

export const matrixProviders: readonly MatrixProvider[] = [
  { name: "openai", path: "/v1", countsThoughts: true, lacks: {} },
  { name: "azure", path: "/v1", countsThoughts: true, lacks: {} },
  {
    name: "anthropic",
    path: "/v1",
    countsThoughts: true,
    lacks: { embeddings: noEmbeddings, completion: noCompletions },
  },
  { name: "google", path: "/v1beta", countsThoughts: true, lacks: { completion: noCompletions } },
  {
    name: "cohere",
    path: "",
    unbilledTokens: 500,
    countsThoughts: false,
    lacks: { completion: noCompletions },
  },
  { name: "mistral", path: "/mistral/v1", countsThoughts: false, lacks: { completion: noCompletions } },
  { name: "openai-compatible", path: "/v1", countsThoughts: true, lacks: {} },
];
