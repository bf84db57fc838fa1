import {
  APICallError,
  generateText,
  isStepCount,
  type LanguageModel,
  type LanguageModelUsage,
  type ModelMessage,
  Output,
  RetryError,
  streamText,
  tool,
} from "ai";
import {
  type Call,
  countsNoTokens,
  earlierAnswer,
  errorOf,
  instruction,
  kindsOf,
  nextQuestion,
  noSuchCall,
  question,
  readPieces,
  type SdkClient,
  type Seen,
  type SeenPieces,
  type SeenUsage,
  weatherReport,
  weatherSchema,
  weatherTool,
} from "../client.ts";

/** The `ai` package, whose providers for OpenAI and Anthropic differ in nothing but the model that they make. */

type Flavour = Pick<
  SdkClient,
  "name" | "packages" | "path" | "modelNames" | "missing" | "embeddings" | "completion"
> & {
  model(call: Call): LanguageModel;
};

const description = weatherTool.description;
/** Called, but not run: the turn ends with the calls. */
const declared = { weather: tool({ description, inputSchema: weatherSchema }) };
const runnable = {
  weather: tool({ description, inputSchema: weatherSchema, execute: async (input) => weatherReport(input) }),
};

const maxRetries = 0;
const forced = { toolChoice: { type: "tool", toolName: "weather" } } as const;

const turns: ModelMessage[] = [
  { role: "user", content: question },
  { role: "assistant", content: earlierAnswer },
  { role: "user", content: nextQuestion },
];

const vocabulary: Pick<SdkClient, "finish" | "errors"> = {
  finish: { stop: "stop", length: "length", tools: "tool-calls" },
  errors: {
    "bad-key": "AI_APICallError",
    invalid: "AI_APICallError",
    "rate-limit": "AI_APICallError",
    overload: "AI_APICallError",
    "unknown-model": "AI_APICallError",
  },
};

type Asking = { model(call: Call): LanguageModel; ask(call: Call): AskedPrompt };
type AskedPrompt = { model: LanguageModel; prompt: string; maxRetries: number };

function toolCases({ model, ask }: Asking): Pick<SdkClient, "toolCalls" | "toolTurns"> {
  return {
    async toolCalls(call, manner) {
      const asked = { ...ask(call), tools: declared };
      if (manner === "streamed") return seenStream(streamText({ ...asked, onError: rethrow }));
      return seen(await generateText({ ...asked, ...(manner === "forced" ? forced : {}) }));
    },

    async toolTurns(call, next = call) {
      const { steps, text, finishReason } = await generateText({
        ...ask(call),
        tools: runnable,
        stopWhen: isStepCount(2),
        prepareStep: ({ stepNumber }) => ({ model: model(stepNumber === 0 ? call : next) }),
      });
      return { calls: (steps[0]?.toolCalls ?? []).map(seenCall), text, finish: finishReason };
    },
  };
}

/** A client that asks the model which a provider of the package makes. */
export function aiSdk({ model, ...flavour }: Flavour): SdkClient {
  const ask = (call: Call) => ({ model: model(call), prompt: question, maxRetries });
  return {
    ...flavour,
    ...vocabulary,
    countTokens: noSuchCall,
    models: noSuchCall,

    async text(call, { maximumTokens: maxOutputTokens } = {}) {
      return seen(await generateText({ ...ask(call), maxOutputTokens }));
    },

    async stream(call) {
      const result = streamText({ ...ask(call), onError: rethrow });
      const pieces: string[] = [];
      for await (const piece of result.textStream) pieces.push(piece);
      return { ...(await seenStream(result)), pieces };
    },

    async conversation(call) {
      return seen(
        await generateText({ model: model(call), maxRetries, instructions: instruction, messages: turns }),
      );
    },

    async image(call, { mediaType, base64 }) {
      const content = [
        { type: "text" as const, text: "What is this?" },
        { type: "file" as const, data: base64, mediaType },
      ];
      const messages = [{ role: "user" as const, content }];
      return seen(await generateText({ model: model(call), maxRetries, messages }));
    },

    async settings(call) {
      const asked = { ...ask(call), instructions: instruction, temperature: 0.2, stopSequences: ["END"] };
      return seen(await generateText(asked));
    },

    async effort(call) {
      const asked = { ...ask(call), instructions: instruction, reasoning: "low" } as const;
      return seen(await generateText(asked));
    },

    async structured(call, manner) {
      const asked = { ...ask(call), output: Output.object({ schema: weatherSchema }) };
      if (manner === "whole") return (await generateText(asked)).output;
      return streamText({ ...asked, onError: rethrow }).output;
    },

    async failure(call, { retries = 0 } = {}) {
      const error = await errorOf(() => generateText({ ...ask(call), maxRetries: retries }));
      const last = RetryError.isInstance(error) ? error.lastError : error;
      if (!APICallError.isInstance(last)) throw last;
      const { statusCode, message, responseHeaders } = last;
      return {
        kinds: kindsOf(last),
        status: statusCode,
        message,
        requestId: responseHeaders?.["x-request-id"],
      };
    },

    ...toolCases({ model, ask }),

    readUntil: (call, abortAfter) => readUntil(ask(call), abortAfter),
  };
}

/** An error of the stream is told to `onError`; the text ends quietly. */
async function readUntil(asked: AskedPrompt, abortAfter: number): Promise<SeenPieces> {
  const controller = new AbortController();
  let error: unknown = null;
  const { textStream } = streamText({
    ...asked,
    abortSignal: controller.signal,
    onError: (event) => {
      error = event.error;
    },
  });
  const read = await readPieces(textStream, { abortAfter, abort: () => controller.abort() });
  return { pieces: read.pieces, error: read.error ?? error };
}

/** Neither provider lists models or counts tokens. */
export function lacksLists(provider: () => object): Pick<SdkClient["missing"], "models" | "token-count"> {
  return {
    models: {
      why: "the AI SDK has no call that lists models.",
      prove() {
        if ("models" in provider()) throw new Error("Models are listed now.");
      },
    },
    "token-count": countsNoTokens("the AI SDK has no call that counts tokens.", provider),
  };
}

/** Without this, an error is printed and the stream ends quietly. */
function rethrow({ error }: { error: unknown }): never {
  throw error;
}

type Result = {
  text: string;
  finishReason: string;
  toolCalls: { toolCallId: string; toolName: string; input: unknown }[];
  usage: LanguageModelUsage;
  warnings: unknown[] | undefined;
};

function seen({ text, finishReason, toolCalls, usage, warnings }: Result): Seen {
  return {
    text,
    finish: finishReason,
    calls: toolCalls.map(seenCall),
    usage: seenUsage(usage),
    warnings: warnings ?? [],
  };
}

async function seenStream(result: { [TName in keyof Result]: PromiseLike<Result[TName]> }): Promise<Seen> {
  return seen({
    text: await result.text,
    finishReason: await result.finishReason,
    toolCalls: await result.toolCalls,
    usage: await result.usage,
    warnings: await result.warnings,
  });
}

function seenUsage(usage: LanguageModelUsage): SeenUsage {
  return {
    input: usage.inputTokens,
    output: usage.outputTokens,
    total: usage.totalTokens,
    cached: usage.inputTokenDetails.cacheReadTokens,
    reasoning: usage.outputTokenDetails.reasoningTokens,
  };
}

function seenCall(call: Result["toolCalls"][number]) {
  return { id: call.toolCallId, name: call.toolName, arguments: call.input as Record<string, unknown> };
}
