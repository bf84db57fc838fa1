import type { ProviderAdapter } from "../../adapter.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";

/** Cohere's chat wire, translated to and from chat completions. Source: Cohere API reference, version 2. */
export const cohereWire: ProviderAdapter = {
  wire: "translated",
  defaultBaseUrl: "https://api.cohere.com",
  endpoint,
  encodeRequest,
  decodeResponse,
  streamDecoder,
  classifyError,
};
