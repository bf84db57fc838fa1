import type { Usage } from "@perpetuo/contracts/usage";
import type { Codec, ProviderAdapter } from "../adapter.ts";

/** An adapter with samples of its provider's wire, for the contract suite. Each adapter's folder has one. */
export type ContractSubject = {
  name: string;
  adapter: ProviderAdapter;
  /** Its chat completions. */
  codec: Codec;
  wholeAnswer: { body: string; usage: Usage };
  stream: { body: string; usage: Usage };
  /** A stream that stops before its protocol's end. */
  truncatedStream: string;
  /** A stream whose first event is an error. */
  errorStream: string;
  error: { status: number; body: string; message: string };
  /** Recordings of real answers, as `<folder>/<name>` without the ending; `.json` and `.chunks.txt` are both looked for. */
  recordings: string[];
  /** Its embeddings; null where it has none. */
  embeddings: EmbeddingSamples | null;
};

export type EmbeddingSamples = {
  /** The provider's answer that holds the vectors, with a usage of seven tokens. */
  answer: (vectors: readonly unknown[]) => object;
  /** What two texts with `dimensions: 256` are sent as. */
  request: object;
  /** The path behind the base URL. */
  path: string;
  /** As `<folder>/<name>.json`: the answers to two texts. */
  recordings: string[];
};
