import type { Codec, EncodeInput } from "../adapter.ts";
import { readModelCall } from "../model-call.ts";
import { inClientsWords } from "./refusals.ts";
import { type LimitName, toChatRequest } from "./to-chat-request.ts";

/**
 * Messages over a provider's chat wire: the request becomes a chat completion, which the wire's own codec carries on, and
 * the answer is written for the client by what the call asked for.
 */
export function messagesOver(chat: Codec, limitName: LimitName = "max_tokens"): Codec {
  return {
    ...chat,
    wire: "translated",
    encodeRequest: (input) => encode(chat, limitName, input),
  };
}

function encode(chat: Codec, limitName: LimitName, input: EncodeInput): Buffer {
  const { body, origins } = toChatRequest(input.call, limitName);
  try {
    return chat.encodeRequest({ ...input, call: readModelCall("chat-completions", body) });
  } catch (error) {
    throw inClientsWords(error, origins);
  }
}
