import type { Codec, ProviderAdapter } from "../../adapter.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";

/** Chat completions, translated. */
export const anthropicChat: Codec = {
  wire: "translated",
  endpoint,
  encodeRequest,
  decodeResponse,
  streamDecoder,
};

/** Anthropic's Messages wire, translated to and from chat completions. Source: Anthropic API reference, version 2023-06-01. */
export const anthropicWire: ProviderAdapter = {
  defaultBaseUrl: "https://api.anthropic.com/v1",
  operations: { "chat-completions": anthropicChat, completions: null, embeddings: null },
  classifyError,
};
