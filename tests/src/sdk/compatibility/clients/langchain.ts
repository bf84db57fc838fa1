import {
  AIMessage,
  type AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { ChatOpenAI, type ChatOpenAIFields, OpenAI, OpenAIEmbeddings } from "@langchain/openai";
import {
  type Call,
  countsNoTokens,
  earlierAnswer,
  errorOf,
  instruction,
  kindsOf,
  type Missing,
  nextQuestion,
  noSuchCall,
  question,
  readPieces,
  type SdkClient,
  type Seen,
  type SeenToolCall,
  weatherReport,
  weatherSchema,
  weatherTool,
} from "../client.ts";

import { repeatsRetries } from "../repeats-retries.ts";

/** `@langchain/openai`: `ChatOpenAI`, `OpenAI` and `OpenAIEmbeddings`. */

const tools = [{ type: "function" as const, function: weatherTool }];

const instructed = [new SystemMessage(instruction), new HumanMessage(question)];

function configuration({ gatewayUrl, requestId }: Call) {
  return { baseURL: `${gatewayUrl}/v1`, defaultHeaders: { "x-request-id": requestId } };
}

function chatModel(call: Call, options: ChatOpenAIFields = {}): ChatOpenAI {
  const { apiKey, model } = call;
  return new ChatOpenAI({ model, apiKey, maxRetries: 0, configuration: configuration(call), ...options });
}

const noCount = countsNoTokens("LangChain counts tokens by itself, if at all.", () => {
  return new ChatOpenAI({ apiKey: "unused" });
});

const noModels: Missing = {
  why: "LangChain has no call that lists models.",
  prove() {
    if ("models" in new ChatOpenAI({ apiKey: "unused" })) throw new Error("Models are listed now.");
  },
};

export const langchain: SdkClient = {
  name: "@langchain/openai",
  packages: ["@langchain/openai", "@langchain/core"],
  modelNames: { usual: "gpt-4o-mini", thinking: "gpt-5-mini", unknown: "mock" },
  path: "/v1/chat/completions",
  missing: { "token-count": noCount, models: noModels, retries: repeatsRetries },
  finish: { stop: "stop", length: "length", tools: "tool_calls" },
  errors: {
    "bad-key": "AuthenticationError",
    invalid: "BadRequestError",
    "rate-limit": "RateLimitError",
    overload: "InternalServerError",
    "unknown-model": "NotFoundError",
  },

  async text(call, { maximumTokens } = {}) {
    const limit = maximumTokens === undefined ? {} : { maxTokens: maximumTokens };
    return seen(await chatModel(call, limit).invoke(question));
  },

  async stream(call) {
    const { pieces, whole } = await gather(await chatModel(call).stream(question));
    return { ...seen(whole), pieces };
  },

  async toolCalls(call, manner) {
    const model = chatModel(call).bindTools(
      tools,
      manner === "forced" ? { tool_choice: weatherTool.name } : {},
    );
    if (manner === "streamed") return seen((await gather(await model.stream(question))).whole);
    return seen(await model.invoke(question));
  },

  async toolTurns(call, next = call) {
    const first = await chatModel(call).bindTools(tools).invoke(question);
    const { calls } = seen(first);
    const results = calls.map((made) => {
      const content = weatherReport(weatherSchema.parse(made.arguments));
      return new ToolMessage({ tool_call_id: made.id, content });
    });
    const turns = [new HumanMessage(question), first, ...results];
    const { text, finish } = seen(await chatModel(next).bindTools(tools).invoke(turns));
    return { calls, text, finish };
  },

  async conversation(call) {
    const turns = [
      new SystemMessage(instruction),
      new HumanMessage(question),
      new AIMessage(earlierAnswer),
      new HumanMessage(nextQuestion),
    ];
    return seen(await chatModel(call).invoke(turns));
  },

  async image(call, { mediaType, base64 }) {
    const url = `data:${mediaType};base64,${base64}`;
    const content = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url } },
    ];
    return seen(await chatModel(call).invoke([new HumanMessage({ content })]));
  },

  async settings(call) {
    return seen(await chatModel(call, { temperature: 0.2 }).invoke(instructed, { stop: ["END"] }));
  },

  async effort(call) {
    return seen(await chatModel(call, { reasoning: { effort: "low" } }).invoke(instructed));
  },

  async structured(call, manner) {
    const model = chatModel(call).withStructuredOutput(weatherSchema);
    if (manner === "whole") return model.invoke(question);
    let last: unknown;
    for await (const growing of await model.stream(question)) last = growing;
    return last;
  },

  embeddings(call, texts) {
    const { apiKey, model } = call;
    const embeddings = new OpenAIEmbeddings({
      model,
      apiKey,
      maxRetries: 0,
      configuration: configuration(call),
    });
    return embeddings.embedDocuments(texts);
  },

  completion(call, prompt) {
    const { apiKey, model } = call;
    return new OpenAI({ model, apiKey, maxRetries: 0, configuration: configuration(call) }).invoke(prompt);
  },

  countTokens: noSuchCall,
  models: noSuchCall,

  async failure(call, { retries = 0 } = {}) {
    const error = await errorOf(() => chatModel(call, { maxRetries: retries }).invoke(question));
    if (!(error instanceof Error)) throw error;
    const { status, requestID } = error as Error & { status?: number; requestID?: string };
    return { kinds: kindsOf(error), status, message: error.message, requestId: requestID };
  },

  async readUntil(call, abortAfter) {
    const controller = new AbortController();
    const stream = await chatModel(call).stream(question, { signal: controller.signal });
    return readPieces(texts(stream), { abortAfter, abort: () => controller.abort() });
  },
};

async function* texts(stream: AsyncIterable<AIMessageChunk>): AsyncIterable<string> {
  for await (const chunk of stream) yield chunk.text;
}

async function gather(
  stream: AsyncIterable<AIMessageChunk>,
): Promise<{ pieces: string[]; whole: AIMessageChunk }> {
  const pieces: string[] = [];
  let whole: AIMessageChunk | undefined;
  for await (const chunk of stream) {
    if (chunk.text !== "") pieces.push(chunk.text);
    whole = whole === undefined ? chunk : whole.concat(chunk);
  }
  if (whole === undefined) throw new Error("The stream had no chunks.");
  return { pieces, whole };
}

function seen(message: AIMessage | AIMessageChunk): Seen {
  const usage = message.usage_metadata;
  return {
    text: message.text,
    finish: String(message.response_metadata["finish_reason"]),
    calls: (message.tool_calls ?? []).map(
      ({ id, name, args }): SeenToolCall => ({ id: id ?? "", name, arguments: args }),
    ),
    usage: {
      input: usage?.input_tokens,
      output: usage?.output_tokens,
      total: usage?.total_tokens,
      cached: usage?.input_token_details?.cache_read,
      reasoning: usage?.output_token_details?.reasoning,
    },
    warnings: message.invalid_tool_calls ?? [],
  };
}
