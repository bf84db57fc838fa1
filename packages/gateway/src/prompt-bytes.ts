import type { ModelCall, Operation } from "./adapter.ts";

/** The fields whose text a provider counts as input. */
const promptFields: Record<Operation, readonly string[]> = {
  "chat-completions": ["messages", "tools", "functions", "response_format", "prediction"],
  completions: ["prompt", "suffix"],
  embeddings: ["input"],
  messages: ["messages", "system", "tools", "output_config"],
  "count-tokens": [],
};

/** Bytes of the request that a provider counts as input: the messages, and what else the model gets to read. */
export function promptBytes({ operation, fields }: Pick<ModelCall, "operation" | "fields">): number {
  let bytes = 0;
  for (const name of promptFields[operation]) {
    const span = fields.get(name);
    if (span) bytes += span.end - span.start;
  }
  return bytes;
}
