import type { Codec, ProviderAdapter } from "../../adapter.ts";
import { messagesOver } from "../../messages/codec.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { googleEmbeddings } from "./embeddings.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";

/** Chat completions, translated. */
export const googleChat: Codec = {
  wire: "translated",
  endpoint,
  encodeRequest,
  decodeResponse,
  streamDecoder,
};

/** Google's Gemini wire, translated to and from chat completions. Source: Gemini API reference, v1beta. */
export const googleWire: ProviderAdapter = {
  defaultBaseUrl: "https://generativelanguage.googleapis.com/v1beta",
  operations: {
    "chat-completions": googleChat,
    completions: null,
    embeddings: googleEmbeddings,
    messages: messagesOver(googleChat),
    "count-tokens": null,
  },
  classifyError,
};
