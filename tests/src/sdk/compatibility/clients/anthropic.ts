import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import {
  type Call,
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
  weatherReport,
  weatherSchema,
  weatherTool,
} from "../client.ts";

/** The official `@anthropic-ai/sdk` package: `messages` and its helpers. */

const messages: Anthropic.MessageParam[] = [{ role: "user", content: question }];
const { parameters: input_schema, ...described } = weatherTool;
const tools: Anthropic.Tool[] = [{ ...described, input_schema }];
const forced = { tool_choice: { type: "tool", name: weatherTool.name } } as const;
const max_tokens = 1024;

function sdk({ gatewayUrl, apiKey, requestId }: Call, maxRetries = 0): Anthropic {
  return new Anthropic({
    apiKey,
    baseURL: gatewayUrl,
    maxRetries,
    defaultHeaders: { "x-request-id": requestId },
  });
}

/** The package has no such member. */
function lacks(member: string): Missing {
  return {
    why: "neither Anthropic's API nor its SDK has them.",
    prove() {
      if (member in new Anthropic({ apiKey: "unused" })) throw new Error(`There are ${member} now.`);
    },
  };
}

export const anthropic: SdkClient = {
  name: "@anthropic-ai/sdk",
  packages: ["@anthropic-ai/sdk"],
  modelNames: { usual: "claude-sonnet-4-5", thinking: "claude-sonnet-4-5", unknown: "mock" },
  path: "/v1/messages",
  missing: { embeddings: lacks("embeddings"), completion: lacks("completions") },
  finish: { stop: "end_turn", length: "max_tokens", tools: "tool_use" },
  errors: {
    "bad-key": "AuthenticationError",
    invalid: "BadRequestError",
    "rate-limit": "RateLimitError",
    overload: "InternalServerError",
    "unknown-model": "NotFoundError",
  },

  async text(call, { maximumTokens = max_tokens } = {}) {
    const asked = { model: call.model, max_tokens: maximumTokens, messages };
    return seen(await sdk(call).messages.create(asked));
  },

  async stream(call) {
    const stream = sdk(call).messages.stream({ model: call.model, max_tokens, messages });
    const pieces: string[] = [];
    stream.on("text", (piece) => pieces.push(piece));
    return { ...seen(await stream.finalMessage()), pieces };
  },

  async toolCalls(call, manner) {
    const asked = { model: call.model, max_tokens, messages, tools };
    const api = sdk(call).messages;
    if (manner === "streamed") return seen(await api.stream(asked).finalMessage());
    return seen(await api.create({ ...asked, ...(manner === "forced" ? forced : {}) }));
  },

  async toolTurns(call, next = call) {
    const first = await sdk(call).messages.create({ model: call.model, max_tokens, tools, messages });
    const { calls } = seen(first);
    const results = calls.map((made) => ({
      type: "tool_result" as const,
      tool_use_id: made.id,
      content: weatherReport(weatherSchema.parse(made.arguments)),
    }));
    const turns: Anthropic.MessageParam[] = [
      ...messages,
      { role: "assistant", content: first.content },
      { role: "user", content: results },
    ];
    const asked = { model: next.model, max_tokens, tools, messages: turns };
    const { text, finish } = seen(await sdk(next).messages.create(asked));
    return { calls, text, finish };
  },

  async conversation(call) {
    const turns: Anthropic.MessageParam[] = [
      ...messages,
      { role: "assistant", content: earlierAnswer },
      { role: "user", content: nextQuestion },
    ];
    const asked = { model: call.model, max_tokens, system: instruction, messages: turns };
    return seen(await sdk(call).messages.create(asked));
  },

  async image(call, { mediaType, base64 }) {
    const media_type = mediaType as "image/png";
    const content: Anthropic.ContentBlockParam[] = [
      { type: "text", text: "What is this?" },
      { type: "image", source: { type: "base64", media_type, data: base64 } },
    ];
    const asked = { model: call.model, max_tokens, messages: [{ role: "user" as const, content }] };
    return seen(await sdk(call).messages.create(asked));
  },

  async settings(call) {
    const settings = { temperature: 0.2, stop_sequences: ["END"] };
    return seen(await sdk(call).messages.create({ ...instructed(call), ...settings }));
  },

  async effort(call) {
    const thinking = { type: "enabled", budget_tokens: 1024 } as const;
    return seen(await sdk(call).messages.create({ ...instructed(call), max_tokens: 4096, thinking }));
  },

  async structured(call, manner) {
    const output_config = { format: zodOutputFormat(weatherSchema) };
    const asked = { model: call.model, max_tokens, messages, output_config };
    const api = sdk(call).messages;
    const { parsed_output } = await (manner === "whole"
      ? api.parse(asked)
      : api.stream(asked).finalMessage());
    return parsed_output;
  },

  embeddings: noSuchCall,
  completion: noSuchCall,

  async countTokens(call) {
    return (await sdk(call).messages.countTokens({ model: call.model, messages })).input_tokens;
  },

  async models(call) {
    const names: string[] = [];
    for await (const { id } of sdk(call).models.list()) names.push(id);
    return names;
  },

  async failure(call, { retries = 0 } = {}) {
    const asked = { model: call.model, max_tokens, messages };
    const error = await errorOf(() => sdk(call, retries).messages.create(asked));
    if (!(error instanceof Anthropic.APIError)) throw error;
    const { status, message, requestID } = error;
    return { kinds: kindsOf(error), status, message, requestId: requestID ?? undefined };
  },

  async readUntil(call, abortAfter) {
    const asked = { model: call.model, max_tokens, messages, stream: true } as const;
    const stream = await sdk(call).messages.create(asked);
    return readPieces(texts(stream), { abortAfter, abort: () => stream.controller.abort() });
  },
};

function instructed({ model }: Call) {
  return { model, max_tokens, system: instruction, messages };
}

async function* texts(stream: AsyncIterable<Anthropic.RawMessageStreamEvent>): AsyncIterable<string> {
  for await (const event of stream) {
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") yield event.delta.text;
  }
}

function seen({ content, stop_reason, usage }: Anthropic.Message): Seen {
  const cached = usage.cache_read_input_tokens ?? 0;
  const input = usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0);
  return {
    text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    finish: stop_reason ?? "",
    calls: content.flatMap((block) =>
      block.type === "tool_use"
        ? [{ id: block.id, name: block.name, arguments: block.input as Record<string, unknown> }]
        : [],
    ),
    usage: {
      input,
      output: usage.output_tokens,
      total: input + usage.output_tokens,
      cached,
      reasoning: usage.output_tokens_details?.thinking_tokens,
    },
    warnings: [],
  };
}
