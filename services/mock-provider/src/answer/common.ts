import type { MockRequest } from "../request/parse-request.ts";
import { exampleObject, jsonFragments } from "./example-value.ts";
import { type TokenRecipe, tokenText } from "./tokens.ts";

/** The members by which an answer identifies itself; a function of the request's fingerprint. */
export type Identity = {
  id: string;
  /** Seconds since the epoch, as OpenAI's `created`: fixed by the request, never by the clock. */
  created: number;
  model: string;
  systemFingerprint: string;
  seed: number;
};

const earliestCreated = 1_760_000_000;

export function identityOf(request: MockRequest, prefix: string): Identity {
  const seed = Number.parseInt(request.fingerprint.slice(0, 7), 16);
  return {
    id: `${prefix}${request.fingerprint.slice(0, 29)}`,
    created: earliestCreated + (seed % 1_000_000),
    model: request.model,
    systemFingerprint: "fp_6d0c4b8e21",
    seed,
  };
}

/** The text that an answer consists of. */
export type Content = {
  tokens: number;
  /** Text of the token at `index`. */
  word(index: number): string;
  /** `max_tokens` made it shorter than the model name asked for. */
  cut: boolean;
  text(): string;
};

function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** An endless answer needs a stream; a unary one has the tokens of a plain model instead. */
const unaryTokensOfEndless = 16;

export function contentOf(request: MockRequest, identity: Identity): Content {
  const { behaviour, outputSchema } = request;
  if (outputSchema !== null) {
    const pieces = jsonFragments(exampleObject(outputSchema, identity.seed));
    return contentOfWords(pieces.length, {
      maximum: request.maximumTokens,
      word: (index) => pieces[index] ?? "",
    });
  }
  const recipe: TokenRecipe = {
    seed: identity.seed,
    chunkBytes: behaviour.chunkBytes,
    firstToken: behaviour.echo ? lastText(request.input) : null,
    clock: behaviour.stamp ? monotonicMicroseconds : null,
  };
  const wanted =
    request.stream || Number.isFinite(behaviour.chunks) ? behaviour.chunks : unaryTokensOfEndless;
  const word = (index: number) => tokenText(recipe, index);
  return contentOfWords(wanted, { maximum: request.maximumTokens, word });
}

function contentOfWords(
  wanted: number,
  { maximum, word }: { maximum: number; word: (index: number) => string },
): Content {
  const tokens = Math.min(wanted, Math.max(0, maximum));
  return {
    tokens,
    word,
    cut: tokens < wanted,
    text: () => Array.from({ length: tokens }, (_, index) => word(index)).join(""),
  };
}

function lastText(input: unknown): string {
  const last: unknown = Array.isArray(input) ? input.at(-1) : input;
  const content: unknown =
    typeof last === "object" && last !== null && "content" in last ? last.content : last;
  return typeof content === "string" ? content : JSON.stringify(content ?? null);
}

/** A whole answer's body, indented as OpenAI indents it and ended by a line feed. */
export function unaryBody(
  identity: Identity,
  members: { object: string; choices: object[]; usage: object | undefined },
): Buffer {
  const body = {
    id: identity.id,
    object: members.object,
    created: identity.created,
    model: identity.model,
    choices: members.choices,
    usage: members.usage,
    service_tier: "default",
    system_fingerprint: identity.systemFingerprint,
  };
  return Buffer.from(`${JSON.stringify(body, null, 2)}\n`);
}

export function jsonHeaders(request: MockRequest, identity: Identity): [string, string][] {
  return [["content-type", "application/json"], ...providerHeaders(request, identity)];
}

export function streamHeaders(request: MockRequest, identity: Identity): [string, string][] {
  return [
    ["content-type", "text/event-stream; charset=utf-8"],
    ["cache-control", "no-cache"],
    ...providerHeaders(request, identity),
  ];
}

/** Headers that OpenAI sends about its own account; a gateway must not pass the organisation on. */
function providerHeaders(request: MockRequest, identity: Identity): [string, string][] {
  return [
    ["x-request-id", `req_${request.fingerprint.slice(0, 32)}`],
    ["openai-organization", "mock-organization"],
    ["openai-processing-ms", String(identity.seed % 500)],
    ["openai-version", "2020-10-01"],
    ...request.behaviour.headers,
  ];
}
