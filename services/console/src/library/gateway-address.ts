/** The proxy's port when nothing else is configured. */
const defaultProxyPort = "8080";

type Place = Pick<Location, "protocol" | "hostname" | "port" | "origin">;

/**
 * The gateway's base URL, as client applications use it. Behind one public origin the gateway is on the console's own
 * origin; on a single machine it is the proxy's port beside the control API's.
 */
export function gatewayBaseUrl(place: Place): string {
  if (place.port === "") return `${place.origin}/v1`;
  return `${place.protocol}//${place.hostname}:${defaultProxyPort}/v1`;
}
