import type { Codec, Endpoint, EndpointInput, ProviderAdapter } from "../../adapter.ts";
import { bearerEndpoint } from "../bearer-endpoint.ts";
import { openAiChat, openAiWire } from "../openai/index.ts";

/** OpenAI's paths with the key in a header of Azure's own. */
function endpoint(input: EndpointInput): Endpoint {
  const { origin, path, headers } = bearerEndpoint(input, "/chat/completions");
  const { authorization: _bearer, ...rest } = headers;
  return { origin, path, headers: { ...rest, "api-key": input.secret } };
}

/** Chat completions as they are, at Azure's address. */
export const azureChat: Codec = { ...openAiChat, endpoint };

/**
 * Azure OpenAI's v1 API is OpenAI's wire at an address of the customer's own, `https://<resource>.openai.azure.com/openai/v1`; a model is
 * the name of a deployment. Source: Microsoft Learn, "Azure OpenAI API version lifecycle".
 */
export const azureWire: ProviderAdapter = {
  ...openAiWire(null),
  operations: { "chat-completions": azureChat },
};
