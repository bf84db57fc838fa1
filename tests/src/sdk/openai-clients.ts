import OpenAI, { type ClientOptions } from "openai";
import type { Stack } from "../harness/stack.ts";

/** The official SDK, pointed at the gateway. It does not repeat requests unless the test asks for that. */
export function gatewayClient(stack: Stack, apiKey: string, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${stack.proxyUrl}/v1`, maxRetries: 0, ...options });
}

/** The official SDK, pointed straight at the mock provider: what an answer looks like without a gateway. */
export function directClient(stack: Stack, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ apiKey: "sk-direct", baseURL: `${stack.mockUrl}/v1`, maxRetries: 0, ...options });
}

export type ChatParams = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "stream">;

export const greeting: ChatParams["messages"] = [{ role: "user", content: "Hello, world!" }];

export const weatherTool: OpenAI.ChatCompletionTool = {
  type: "function",
  function: {
    name: "weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, days: { type: "integer" } },
      required: ["city"],
    },
  },
};

/** Every chunk of a stream. */
export async function streamedChunks(
  client: OpenAI,
  params: ChatParams,
): Promise<OpenAI.ChatCompletionChunk[]> {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of await client.chat.completions.create({ ...params, stream: true }))
    chunks.push(chunk);
  return chunks;
}

/** What a call throws, as an application sees it. Fails when the call succeeds. */
export async function thrownBy(call: () => Promise<unknown>): Promise<SeenError> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    const { status, code, type, param, message } = error;
    return {
      class: error.constructor.name,
      status,
      code: code ?? null,
      type: type ?? null,
      param: param ?? null,
      message,
    };
  }
  throw new Error("The call succeeded.");
}

export type SeenError = {
  class: string;
  status: number | undefined;
  code: string | null;
  type: string | null;
  param: string | null;
  message: string;
};
