import type { ProviderAdapter } from "../../adapter.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";

/** Google's Gemini wire, translated to and from chat completions. Source: Gemini API reference, v1beta. */
export const googleWire: ProviderAdapter = {
  wire: "translated",
  defaultBaseUrl: "https://generativelanguage.googleapis.com/v1beta",
  endpoint,
  encodeRequest,
  decodeResponse,
  streamDecoder,
  classifyError,
};
