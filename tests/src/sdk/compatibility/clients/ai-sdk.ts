import {
  APICallError,
  generateText,
  isStepCount,
  type LanguageModel,
  type LanguageModelUsage,
  Output,
  RetryError,
  streamText,
  tool,
} from "ai";
import {
  type Call,
  errorOf,
  question,
  readPieces,
  type SdkClient,
  type Seen,
  type SeenUsage,
  weatherReport,
  weatherSchema,
  weatherTool,
} from "../client.ts";

/** The `ai` package, whose providers for OpenAI and Anthropic differ in nothing but the model that they make. */

type Flavour = Pick<SdkClient, "name" | "packages" | "path" | "missing" | "embeddings" | "completion"> & {
  model(call: Call): LanguageModel;
};

const description = weatherTool.description;
/** Called, but not run: the turn ends with the calls. */
const declared = { weather: tool({ description, inputSchema: weatherSchema }) };
const runnable = {
  weather: tool({ description, inputSchema: weatherSchema, execute: async (input) => weatherReport(input) }),
};
const maxRetries = 0;

/** A client that asks the model which a provider of the package makes. */
export function aiSdk({ model, ...flavour }: Flavour): SdkClient {
  const ask = (call: Call) => ({ model: model(call), prompt: question, maxRetries });
  return {
    ...flavour,
    finish: { stop: "stop", length: "length", tools: "tool-calls" },
    errors: {
      "bad-key": "AI_APICallError",
      invalid: "AI_APICallError",
      "rate-limit": "AI_APICallError",
      overload: "AI_APICallError",
      "unknown-model": "AI_APICallError",
    },

    async text(call, { maximumTokens: maxOutputTokens } = {}) {
      return seen(await generateText({ ...ask(call), maxOutputTokens }));
    },

    async stream(call) {
      const result = streamText({ ...ask(call), onError: rethrow });
      const pieces: string[] = [];
      for await (const piece of result.textStream) pieces.push(piece);
      return { ...(await seenStream(result)), pieces };
    },

    async toolCalls(call, manner) {
      const asked = { ...ask(call), tools: declared };
      if (manner === "whole") return seen(await generateText(asked));
      return seenStream(streamText({ ...asked, onError: rethrow }));
    },

    async toolTurns(call) {
      const { steps, text, finishReason } = await generateText({
        ...ask(call),
        tools: runnable,
        stopWhen: isStepCount(2),
      });
      return { calls: (steps[0]?.toolCalls ?? []).map(seenCall), text, finish: finishReason };
    },

    async image(call, { mediaType, base64 }) {
      const content = [
        { type: "text" as const, text: "What is this?" },
        { type: "file" as const, data: base64, mediaType },
      ];
      const messages = [{ role: "user" as const, content }];
      return seen(await generateText({ model: model(call), messages, maxRetries }));
    },

    async structured(call) {
      return (await generateText({ ...ask(call), output: Output.object({ schema: weatherSchema }) })).output;
    },

    async failure(call, { retries = 0 } = {}) {
      const error = await errorOf(() => generateText({ ...ask(call), maxRetries: retries }));
      const last = RetryError.isInstance(error) ? error.lastError : error;
      if (!APICallError.isInstance(last)) throw last;
      const { name, statusCode, message, responseHeaders } = last;
      return { name, status: statusCode, message, requestId: responseHeaders?.["x-request-id"] };
    },

    async readUntil(call, abortAfter) {
      const controller = new AbortController();
      let error: unknown = null;
      const { textStream } = streamText({
        ...ask(call),
        abortSignal: controller.signal,
        onError: (event) => {
          error = event.error;
        },
      });
      const read = await readPieces(textStream, { abortAfter, abort: () => controller.abort() });
      return { pieces: read.pieces, error: read.error ?? error };
    },
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

function seenUsage({
  inputTokens,
  outputTokens,
  totalTokens,
  inputTokenDetails,
}: LanguageModelUsage): SeenUsage {
  return {
    input: inputTokens,
    output: outputTokens,
    total: totalTokens,
    cached: inputTokenDetails.cacheReadTokens,
  };
}

function seenCall(call: Result["toolCalls"][number]) {
  return { id: call.toolCallId, name: call.toolName, arguments: call.input as Record<string, unknown> };
}
