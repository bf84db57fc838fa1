import type { Endpoint, EndpointInput, ProviderAdapter } from "../../adapter.ts";
import { bearerEndpoint } from "../bearer-endpoint.ts";
import { openAiWire, passEmbeddings, passThrough, translatedMessages } from "../openai/index.ts";

/** OpenAI's paths with the key in a header of Azure's own. */
function endpoint(input: Pick<EndpointInput, "baseUrl" | "secret">, path: string): Endpoint {
  const { headers, ...address } = bearerEndpoint(input, path);
  const { authorization: _bearer, ...rest } = headers;
  return { ...address, headers: { ...rest, "api-key": input.secret } };
}

export const azureChat = passThrough(endpoint, "/chat/completions");
const completions = passThrough(endpoint, "/completions");
const embeddings = passEmbeddings(endpoint);

/**
 * Azure OpenAI's v1 API is OpenAI's wire at an address of the customer's own, `https://<resource>.openai.azure.com/openai/v1`; a model is
 * the name of a deployment. Source: Microsoft Learn, "Azure OpenAI API version lifecycle".
 */
export const azureWire: ProviderAdapter = {
  ...openAiWire(null),
  operations: {
    "chat-completions": azureChat,
    completions,
    embeddings,
    messages: translatedMessages(azureChat, "max_completion_tokens"),
    "count-tokens": null,
  },
};
