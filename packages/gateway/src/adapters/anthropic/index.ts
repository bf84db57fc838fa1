import type { ProviderAdapter } from "../../adapter.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { encodeRequest, endpoint } from "./encode-request.ts";

/** Anthropic's Messages wire, translated to and from chat completions. Source: Anthropic API reference, version 2023-06-01. */
export const anthropicWire: ProviderAdapter = {
  wire: "translated",
  defaultBaseUrl: "https://api.anthropic.com/v1",
  endpoint,
  encodeRequest,
  decodeResponse,
  streamDecoder,
  classifyError,
};
