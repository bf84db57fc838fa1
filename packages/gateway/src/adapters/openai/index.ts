import type { Codec, Endpoint, EndpointInput, ProviderAdapter } from "../../adapter.ts";
import { neverStreams } from "../../embeddings/embedding-answer.ts";
import { messagesOver } from "../../messages/codec.ts";
import type { LimitName } from "../../messages/to-chat-request.ts";
import { bearerEndpoint } from "../bearer-endpoint.ts";
import { classifyError } from "./classify-error.ts";
import { decodeEmbeddings } from "./decode-embeddings.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { encodeRequest } from "./encode-request.ts";
import { translateResponse } from "./translate-response.ts";
import { translateStream } from "./translate-stream.ts";

/** Where a call goes, as its path behind the base URL and its credential's header. */
type EndpointOf = (input: Pick<EndpointInput, "baseUrl" | "secret">, path: string) => Endpoint;

/**
 * An operation as it is: the client's dialect is the provider's. The decoders read every one of OpenAI's, because usage,
 * errors and ends look alike in them; only a chunk's text has another place.
 */
export function passThrough(endpointOf: EndpointOf, path: string): Codec {
  return {
    wire: "pass-through",
    endpoint: (input) => endpointOf(input, path),
    encodeRequest,
    decodeResponse,
    streamDecoder,
  };
}

/** Embeddings as they are, in the format that was asked for. */
export function passEmbeddings(endpointOf: EndpointOf): Codec {
  return {
    ...passThrough(endpointOf, "/embeddings"),
    decodeResponse: decodeEmbeddings,
    streamDecoder: neverStreams,
  };
}

export const openAiChat = passThrough(bearerEndpoint, "/chat/completions");
const completions = passThrough(bearerEndpoint, "/completions");
const embeddings = passEmbeddings(bearerEndpoint);

/** Messages over a wire whose chat completions are passed through: here their answers have to be read. */
export function translatedMessages(chat: Codec, limitName?: LimitName): Codec {
  return messagesOver(
    { ...chat, decodeResponse: translateResponse, streamDecoder: translateStream },
    limitName,
  );
}

/**
 * OpenAI's wire, which is also the gateway's own dialect, so it is a pass-through: only the model's name and the
 * request for usage are spliced into the client's bytes. Source: OpenAI API reference, "Chat", "Completions" and
 * "Embeddings".
 * `limitName` is the provider's name for the limit of the output.
 */
export function openAiWire(defaultBaseUrl: string | null, limitName?: LimitName): ProviderAdapter {
  return {
    defaultBaseUrl,
    operations: {
      "chat-completions": openAiChat,
      completions,
      embeddings,
      messages: translatedMessages(openAiChat, limitName),
      "count-tokens": null,
    },
    classifyError,
  };
}
