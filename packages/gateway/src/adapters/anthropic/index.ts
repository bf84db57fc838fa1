import type { Codec, ProviderAdapter } from "../../adapter.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";
import { passRequest, passResponse, passStream } from "./pass-messages.ts";

/** Chat completions, translated. */
export const anthropicChat: Codec = {
  wire: "translated",
  endpoint,
  encodeRequest,
  decodeResponse,
  streamDecoder,
};

/** Messages as they are: the client's dialect is the provider's. */
export const anthropicMessages: Codec = {
  wire: "pass-through",
  endpoint,
  encodeRequest: passRequest,
  decodeResponse: passResponse,
  streamDecoder: passStream,
};

/** A count costs nothing, and says nothing that is metered. */
const countTokens: Codec = {
  ...anthropicMessages,
  endpoint(input) {
    const { path, ...rest } = endpoint(input);
    return { ...rest, path: `${path}/count_tokens` };
  },
};

/** Anthropic's Messages wire, for Messages as it is and for chat completions translated. Source: Anthropic API reference, version 2023-06-01. */
export const anthropicWire: ProviderAdapter = {
  defaultBaseUrl: "https://api.anthropic.com/v1",
  operations: {
    "chat-completions": anthropicChat,
    completions: null,
    embeddings: null,
    messages: anthropicMessages,
    "count-tokens": countTokens,
  },
  classifyError,
};
