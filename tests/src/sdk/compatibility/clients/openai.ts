import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
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
  type SeenToolCall,
  weatherReport,
  weatherSchema,
  weatherTool,
} from "../client.ts";

/** The official `openai` package: `chat.completions` and its helpers, and `embeddings`. */

type Message = OpenAI.ChatCompletionMessageParam;

const messages: Message[] = [{ role: "user", content: question }];
const instructed: Message[] = [{ role: "system", content: instruction }, ...messages];
const tools: OpenAI.ChatCompletionTool[] = [{ type: "function", function: weatherTool }];
const forced = { tool_choice: { type: "function", function: { name: weatherTool.name } } } as const;
const streamed = { stream: true, stream_options: { include_usage: true } } as const;

function sdk({ gatewayUrl, apiKey, requestId }: Call, maxRetries = 0): OpenAI {
  return new OpenAI({
    apiKey,
    baseURL: `${gatewayUrl}/v1`,
    maxRetries,
    defaultHeaders: { "x-request-id": requestId },
  });
}

export const openai: SdkClient = {
  name: "openai",
  packages: ["openai"],
  modelNames: { usual: "gpt-4o-mini", thinking: "gpt-5-mini", unknown: "mock" },
  path: "/v1/chat/completions",
  missing: {
    "token-count": countsNoTokens("OpenAI's chat completions count no tokens ahead.", () => {
      return new OpenAI({ apiKey: "unused" }).chat.completions;
    }),
  },
  countTokens: noSuchCall,
  finish: { stop: "stop", length: "length", tools: "tool_calls" },
  errors: {
    "bad-key": "AuthenticationError",
    invalid: "BadRequestError",
    "rate-limit": "RateLimitError",
    overload: "InternalServerError",
    "unknown-model": "NotFoundError",
  },

  async text(call, { maximumTokens } = {}) {
    const limit = maximumTokens === undefined ? {} : { max_completion_tokens: maximumTokens };
    return seen(await sdk(call).chat.completions.create({ model: call.model, messages, ...limit }));
  },

  async stream(call) {
    const stream = sdk(call).chat.completions.stream({ model: call.model, messages, ...streamed });
    const pieces: string[] = [];
    stream.on("content", (piece) => pieces.push(piece));
    return { ...seen(await stream.finalChatCompletion()), pieces };
  },

  async toolCalls(call, manner) {
    const asked = { model: call.model, messages, tools };
    const { completions } = sdk(call).chat;
    if (manner === "streamed") {
      return seen(await completions.stream({ ...asked, ...streamed }).finalChatCompletion());
    }
    return seen(await completions.create({ ...asked, ...(manner === "forced" ? forced : {}) }));
  },

  async toolTurns(call, next = call) {
    const first = await sdk(call).chat.completions.create({ model: call.model, tools, messages });
    const { calls } = seen(first);
    const results = calls.map((made): Message => {
      return {
        role: "tool",
        tool_call_id: made.id,
        content: weatherReport(weatherSchema.parse(made.arguments)),
      };
    });
    const turns = [...messages, ...first.choices.map(({ message }) => message), ...results];
    const asked = { model: next.model, tools, messages: turns };
    const { text, finish } = seen(await sdk(next).chat.completions.create(asked));
    return { calls, text, finish };
  },

  async conversation(call) {
    const turns: Message[] = [
      { role: "system", content: instruction },
      ...messages,
      { role: "assistant", content: earlierAnswer },
      { role: "user", content: nextQuestion },
    ];
    return seen(await sdk(call).chat.completions.create({ model: call.model, messages: turns }));
  },

  async image(call, { mediaType, base64 }) {
    const url = `data:${mediaType};base64,${base64}`;
    const content = [
      { type: "text" as const, text: "What is this?" },
      { type: "image_url" as const, image_url: { url } },
    ];
    const asked = { model: call.model, messages: [{ role: "user" as const, content }] };
    return seen(await sdk(call).chat.completions.create(asked));
  },

  async settings(call) {
    const asked = { model: call.model, messages: instructed, temperature: 0.2, stop: ["END"] };
    return seen(await sdk(call).chat.completions.create(asked));
  },

  async effort(call) {
    const effort = { reasoning_effort: "low" } as const;
    return seen(
      await sdk(call).chat.completions.create({ model: call.model, messages: instructed, ...effort }),
    );
  },

  async structured(call, manner) {
    const response_format = zodResponseFormat(weatherSchema, "weather");
    const asked = { model: call.model, messages, response_format };
    const { completions } = sdk(call).chat;
    const { choices } = await (manner === "whole"
      ? completions.parse(asked)
      : completions.stream({ ...asked, stream: true }).finalChatCompletion());
    return choices[0]?.message.parsed;
  },

  async embeddings(call, input) {
    const { data } = await sdk(call).embeddings.create({ model: call.model, input });
    return data.map(({ embedding }) => embedding);
  },

  async completion(call, prompt) {
    const { choices } = await sdk(call).completions.create({ model: call.model, prompt });
    return choices[0]?.text ?? "";
  },

  async models(call) {
    const names: string[] = [];
    for await (const { id } of sdk(call).models.list()) names.push(id);
    return names;
  },

  async failure(call, { retries = 0 } = {}) {
    const error = await errorOf(() =>
      sdk(call, retries).chat.completions.create({ model: call.model, messages }),
    );
    if (!(error instanceof OpenAI.APIError)) throw error;
    const { status, message, requestID } = error;
    return { kinds: kindsOf(error), status, message, requestId: requestID ?? undefined };
  },

  async readUntil(call, abortAfter) {
    const stream = await sdk(call).chat.completions.create({ model: call.model, messages, stream: true });
    return readPieces(contents(stream), { abortAfter, abort: () => stream.controller.abort() });
  },
};

async function* contents(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncIterable<string> {
  for await (const chunk of stream) yield chunk.choices[0]?.delta.content ?? "";
}

function seen({ choices, usage }: OpenAI.ChatCompletion): Seen {
  const [choice] = choices;
  return {
    text: choice?.message.content ?? "",
    finish: choice?.finish_reason ?? "",
    calls: (choice?.message.tool_calls ?? []).flatMap(seenCall),
    usage: {
      input: usage?.prompt_tokens,
      output: usage?.completion_tokens,
      total: usage?.total_tokens,
      cached: usage?.prompt_tokens_details?.cached_tokens,
      reasoning: usage?.completion_tokens_details?.reasoning_tokens,
    },
    warnings: [],
  };
}

function seenCall(call: OpenAI.ChatCompletionMessageToolCall): SeenToolCall[] {
  if (call.type !== "function") return [];
  return [{ id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) }];
}
