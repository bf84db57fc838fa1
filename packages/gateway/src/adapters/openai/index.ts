import type { Codec, ProviderAdapter } from "../../adapter.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";

/** Chat completions as they are: the client's dialect is the provider's. */
export const openAiChat: Codec = {
  wire: "pass-through",
  endpoint,
  encodeRequest,
  decodeResponse,
  streamDecoder,
};

/**
 * OpenAI's wire, which is also the gateway's own dialect, so it is a pass-through: only the model's name and the
 * request for usage are spliced into the client's bytes. Source: OpenAI API reference, "Chat".
 */
export function openAiWire(defaultBaseUrl: string | null): ProviderAdapter {
  return {
    defaultBaseUrl,
    operations: { "chat-completions": openAiChat },
    classifyError,
  };
}
