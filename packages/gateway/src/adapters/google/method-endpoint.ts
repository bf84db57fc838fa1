import type { Endpoint, EndpointInput } from "../../adapter.ts";
import { splitBaseUrl } from "../base-path.ts";

/** Where a call goes: the model and the method are in the path, the key in a header of its own. */
export function methodEndpoint(
  { baseUrl, secret, upstreamModel }: Pick<EndpointInput, "baseUrl" | "secret" | "upstreamModel">,
  method: string,
): Endpoint {
  const { origin, prefix } = splitBaseUrl(baseUrl);
  return {
    origin,
    path: `${prefix}/models/${encodeURIComponent(upstreamModel)}:${method}`,
    headers: { "x-goog-api-key": secret, "content-type": "application/json", accept: "*/*" },
  };
}
