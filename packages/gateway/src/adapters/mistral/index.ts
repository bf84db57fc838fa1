import type { Codec, ProviderAdapter } from "../../adapter.ts";
import { messagesOver } from "../../messages/codec.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { mistralEmbeddings } from "./embeddings.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";

/** Chat completions, translated. */
export const mistralChat: Codec = {
  wire: "translated",
  endpoint,
  encodeRequest,
  decodeResponse,
  streamDecoder,
};

/** Mistral's chat wire: close to OpenAI's, and not the same. Source: Mistral API reference, "Chat completion". */
export const mistralWire: ProviderAdapter = {
  defaultBaseUrl: "https://api.mistral.ai/v1",
  operations: {
    "chat-completions": mistralChat,
    completions: null,
    embeddings: mistralEmbeddings,
    messages: messagesOver(mistralChat),
    "count-tokens": null,
  },
  classifyError,
};
