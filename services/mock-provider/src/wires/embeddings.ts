import type { ReportedUsage } from "../answer/answer.ts";
import type { JsonObject, MockRequest } from "../request/parse-request.ts";
import { listOf, type WireName } from "./requests.ts";

/** The same as `inOpenAiWords` for a call of embeddings. Anthropic has none; what comes there is read as OpenAI's. */
export const embeddingsInOpenAiWords: Record<WireName, (body: JsonObject, address: string) => JsonObject> = {
  openai: (body) => body,
  anthropic: (body) => body,
  google,
  cohere: ({ texts, output_dimension, embedding_types, ...body }) => ({
    ...body,
    input: texts,
    dimensions: output_dimension,
    encoding_format: Array.isArray(embedding_types) ? embedding_types[0] : undefined,
  }),
  mistral: ({ output_dimension, ...body }) => ({ ...body, dimensions: output_dimension }),
};

function google({ requests }: JsonObject, address: string): JsonObject {
  const list = listOf(requests);
  const texts = list.map(
    ({ content }) => listOf((content as JsonObject | undefined)?.["parts"])[0]?.["text"],
  );
  return {
    model: address.slice(0, address.lastIndexOf(":")),
    input: list.length > 0 ? texts : undefined,
    dimensions: list[0]?.["outputDimensionality"],
  };
}

/** What an answer is made of; a vector is a list of numbers, or base64 where the call asks for it. */
type Parts = {
  request: MockRequest;
  id: string;
  vectors: (number[] | string)[];
  usage: ReportedUsage | null;
};

/** An answer's body in each wire's words. */
export const embeddingBodies: Record<WireName, (parts: Parts) => object> = {
  openai: list,
  anthropic: list,
  google: ({ vectors, usage }) => ({
    embeddings: vectors.map((values) => ({ values })),
    ...(usage === null ? {} : { usageMetadata: { promptTokenCount: usage.prompt_tokens } }),
  }),
  cohere: ({ request, id, vectors, usage }) => ({
    id,
    texts: request.input,
    embeddings: { [request.encodingFormat]: vectors },
    meta: {
      api_version: { version: "2" },
      ...(usage === null ? {} : { billed_units: { input_tokens: usage.prompt_tokens } }),
    },
    response_type: "embeddings_by_type",
  }),
  mistral: ({ id, ...parts }) => ({ id, ...list({ id, ...parts }) }),
};

function list({ request, vectors, usage }: Parts): object {
  return {
    object: "list",
    data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
    model: request.model,
    ...(usage === null
      ? {}
      : { usage: { prompt_tokens: usage.prompt_tokens, total_tokens: usage.prompt_tokens } }),
  };
}
