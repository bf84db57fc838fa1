import { hash } from "node:crypto";
import type { MockRequest } from "../request/parse-request.ts";
import type { UnaryAnswer } from "./answer.ts";
import { identityOf, jsonHeaders } from "./common.ts";
import { reportedUsage } from "./usage.ts";

/** The answer to `POST /v1/embeddings`: for each input a vector that depends on nothing but its text. */
export function embeddingsAnswer(request: MockRequest): UnaryAnswer {
  const inputs: unknown[] = isListOfInputs(request.input) ? request.input : [request.input];
  const usage = reportedUsage(request.behaviour, { prompt: request.promptTokens, completion: 0 });
  const body = {
    object: "list",
    data: inputs.map((input, index) => ({
      object: "embedding",
      index,
      embedding: encoded(vector(input, request.dimensions), request.encodingFormat),
    })),
    model: request.model,
    ...(usage === null
      ? {}
      : { usage: { prompt_tokens: usage.prompt_tokens, total_tokens: usage.prompt_tokens } }),
  };
  return {
    kind: "unary",
    status: 200,
    headers: jsonHeaders(request, identityOf(request, "emb-")),
    body: Buffer.from(`${JSON.stringify(body, null, 2)}\n`),
    contentTokens: 0,
    usage,
  };
}

/** A list of numbers is one tokenised input; a list of anything else is several inputs. */
function isListOfInputs(input: unknown): input is unknown[] {
  return Array.isArray(input) && typeof input[0] !== "number";
}

function vector(input: unknown, dimensions: number): Float32Array {
  const digest = hash("sha256", JSON.stringify(input) ?? "", "buffer");
  return Float32Array.from(
    { length: dimensions },
    (_, index) => ((digest[index % digest.length] ?? 0) - 128) / 128,
  );
}

function encoded(values: Float32Array, format: string): string | number[] {
  return format === "base64" ? Buffer.from(values.buffer).toString("base64") : [...values];
}
