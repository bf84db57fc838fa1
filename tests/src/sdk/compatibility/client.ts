import { z } from "zod";
import type { Cell } from "./case.ts";
import type { CaseId } from "./cases.ts";

/** Where a client calls, and with what. `requestId` is sent along as `x-request-id`, so that the log row can be found. */
export type Call = { gatewayUrl: string; apiKey: string; model: string; requestId: string };

/** A call of a function as the SDK hands it to the application, its arguments parsed. */
export type SeenToolCall = { id: string; name: string; arguments: Record<string, unknown> };

/** What an SDK made of an answer. */
export type Seen = {
  text: string;
  /** The SDK's own word for why the answer ended. */
  finish: string;
  calls: SeenToolCall[];
  usage: SeenUsage;
  /** What the SDK warned of. */
  warnings: unknown[];
};

/** Token counts by the SDK's reckoning; undefined where it shows none. */
export type SeenUsage = {
  /** Everything that was read, cached tokens too. */
  input: number | undefined;
  output: number | undefined;
  /** As the SDK says it, or `input + output` where it says none. */
  total: number | undefined;
  cached: number | undefined;
  /** Tokens of thought, which `output` has in it. */
  reasoning: number | undefined;
};

/** What an SDK throws, as an application sees it. */
export type SeenFailure = {
  /** The classes and names by which an application tells errors apart. */
  kinds: string[];
  status: number | undefined;
  message: string;
  requestId: string | undefined;
};

/** Pieces of text of a stream that was left or that broke off, and what the SDK threw; null when it ended quietly. */
export type SeenPieces = { pieces: string[]; error: unknown };

export type Failing = "bad-key" | "invalid" | "rate-limit" | "overload" | "unknown-model";

/** Why a client has no call for a case; `prove` fails when it has one after all. */
export type Missing = { why: string; prove: (cell: Cell) => void | Promise<void> };

/** An official SDK as applications use it: one function for each case, which returns what the SDK itself produced. */
export type SdkClient = {
  name: string;
  /** Packages whose versions the document names. */
  packages: string[];
  /** The path that its chat calls go to. */
  path: string;
  /** Cases for which it has no call. */
  missing: Partial<Record<CaseId, Missing>>;
  /** Names by which the SDK takes a model for one that answers at once, one that thinks, and one that it does not know. */
  modelNames: { usual: string; thinking: string; unknown: string };
  /** Its words for the ends of an answer. */
  finish: { stop: string; length: string; tools: string };
  /** The names of its errors. */
  errors: Record<Failing, string>;
  text(call: Call, options?: { maximumTokens?: number }): Promise<Seen>;
  stream(call: Call): Promise<Seen & { pieces: string[] }>;
  /** One turn in which the model calls the weather tool: whole, streamed, or because it is told to. */
  toolCalls(call: Call, manner: "whole" | "streamed" | "forced"): Promise<Seen>;
  /** Both turns: the tool is called, `weatherReport` is its result, and the model, or the one of `next`, goes on in words. */
  toolTurns(call: Call, next?: Call): Promise<{ calls: SeenToolCall[]; text: string; finish: string }>;
  /** A system message, a turn on each side, and `nextQuestion`. */
  conversation(call: Call): Promise<Seen>;
  image(call: Call, image: { mediaType: string; base64: string }): Promise<Seen>;
  /** A system message and a question, with a low temperature and a text to stop at. */
  settings(call: Call): Promise<Seen>;
  /** The same, asking for little thought. */
  effort(call: Call): Promise<Seen>;
  /** The object that the SDK's own helper parsed, asked for with `weatherSchema`. */
  structured(call: Call, manner: "whole" | "streamed"): Promise<unknown>;
  embeddings(call: Call, texts: string[]): Promise<number[][]>;
  completion(call: Call, prompt: string): Promise<string>;
  /** The input tokens of the question. */
  countTokens(call: Call): Promise<number>;
  /** The names that the SDK lists. */
  models(call: Call): Promise<string[]>;
  /** The error of the same call as `text`; throws when there is none. `retries` is the SDK's own setting. */
  failure(call: Call, options?: { retries?: number }): Promise<SeenFailure>;
  /** Reads a stream; after so many pieces it is aborted the way the SDK documents. */
  readUntil(call: Call, abortAfter: number): Promise<SeenPieces>;
};

export const question = "What is the weather in Lisbon?";

export const instruction = "Answer in a few words.";
export const earlierAnswer = "It is sunny.";
export const nextQuestion = "And tomorrow?";

/** The arguments of the weather tool and the shape of a structured answer. */
export const weatherSchema = z.object({ city: z.string(), days: z.number().int() });

export const weatherTool = {
  name: "weather",
  description: "Tells the weather of a city.",
  parameters: {
    type: "object" as const,
    properties: { city: { type: "string" }, days: { type: "integer" } },
    required: ["city", "days"],
    additionalProperties: false,
  },
};

/** The result that every call of the weather tool gets; the place where a provider sees it again is checked. */
export function weatherReport({ city }: { city: string }): string {
  return `sunny in ${city}`;
}

/** For SDKs of an API that counts no tokens; `prove` looks for such a call among an object's members. */
export function countsNoTokens(why: string, calls: () => object): Missing {
  return {
    why,
    prove() {
      if ("countTokens" in calls()) throw new Error("Tokens are counted now.");
    },
  };
}

/** Stands for a call that a client does not have. */
export function noSuchCall(): never {
  throw new Error("The client has no such call.");
}

/** The name of an error and of every class that it is an instance of. */
export function kindsOf(error: Error): string[] {
  const kinds = [error.name];
  for (let at = Object.getPrototypeOf(error); at !== Error.prototype; at = Object.getPrototypeOf(at)) {
    kinds.push(at.constructor.name);
  }
  return kinds;
}

/** Runs `call` for the error that it must throw. */
export async function errorOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("The call succeeded.");
}

/** Reads `pieces` to their end, and calls `abort` after so many. */
export async function readPieces(
  pieces: AsyncIterable<string>,
  { abortAfter, abort }: { abortAfter: number; abort: () => void },
): Promise<SeenPieces> {
  const seen: string[] = [];
  try {
    for await (const piece of pieces) {
      if (piece === "") continue;
      seen.push(piece);
      if (seen.length === abortAfter) abort();
    }
    return { pieces: seen, error: null };
  } catch (error) {
    return { pieces: seen, error };
  }
}
