import { hash } from "node:crypto";
import type { MockRequest } from "../request/parse-request.ts";
import { embeddingBodies } from "../wires/embeddings.ts";
import type { UnaryAnswer } from "./answer.ts";
import { identityOf, jsonHeaders } from "./common.ts";
import { reportedUsage } from "./usage.ts";

/** The answer to a call of embeddings: for each input a vector that depends on nothing but its text. */
export function embeddingsAnswer(request: MockRequest): UnaryAnswer {
  const inputs: unknown[] = isListOfInputs(request.input) ? request.input : [request.input];
  const usage = reportedUsage(request.behaviour, { prompt: request.promptTokens, completion: 0 });
  const identity = identityOf(request, "emb-");
  const vectors = inputs.map((input) => encoded(vector(input, request.dimensions), request.encodingFormat));
  const body = embeddingBodies[request.wire]({ request, id: identity.id, vectors, usage });
  return {
    kind: "unary",
    status: 200,
    headers: jsonHeaders(request, identity),
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
