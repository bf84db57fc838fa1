import type { Codec, ProviderAdapter } from "../../adapter.ts";
import { messagesOver } from "../../messages/codec.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { cohereEmbeddings } from "./embeddings.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";

/** Chat completions, translated. */
export const cohereChat: Codec = {
  wire: "translated",
  endpoint,
  encodeRequest,
  decodeResponse,
  streamDecoder,
};

/** Cohere's chat wire, translated to and from chat completions. Source: Cohere API reference, version 2. */
export const cohereWire: ProviderAdapter = {
  defaultBaseUrl: "https://api.cohere.com",
  operations: {
    "chat-completions": cohereChat,
    completions: null,
    embeddings: cohereEmbeddings,
    messages: messagesOver(cohereChat),
    "count-tokens": null,
  },
  classifyError,
};
