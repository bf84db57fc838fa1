import type { Endpoint, EndpointInput } from "../adapter.ts";
import { splitBaseUrl } from "./base-path.ts";

/** A path behind the base URL, with the credential as a bearer token. */
export function bearerEndpoint(
  { baseUrl, secret }: Pick<EndpointInput, "baseUrl" | "secret">,
  path: string,
): Endpoint {
  const { origin, prefix } = splitBaseUrl(baseUrl);
  return {
    origin,
    path: prefix + path,
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", accept: "*/*" },
  };
}
