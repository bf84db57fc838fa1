import type { ProviderAdapter } from "../../adapter.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";

/**
 * OpenAI's wire, which is also the gateway's own dialect, so it is a pass-through: only the model's name and the
 * request for usage are spliced into the client's bytes. Source: OpenAI API reference, "Chat".
 */
export function openAiWire(defaultBaseUrl: string | null): ProviderAdapter {
  return {
    wire: "pass-through",
    defaultBaseUrl,
    endpoint,
    encodeRequest,
    decodeResponse,
    streamDecoder,
    classifyError,
  };
}
