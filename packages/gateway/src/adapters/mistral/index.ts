import type { ProviderAdapter } from "../../adapter.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";

/** Mistral's chat wire: close to OpenAI's, and not the same. Source: Mistral API reference, "Chat completion". */
export const mistralWire: ProviderAdapter = {
  wire: "translated",
  defaultBaseUrl: "https://api.mistral.ai/v1",
  endpoint,
  encodeRequest,
  decodeResponse,
  streamDecoder,
  classifyError,
};
