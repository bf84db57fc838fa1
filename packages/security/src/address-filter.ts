import ipaddr from "ipaddr.js";

/** What the operator allows of base URLs that customers enter. */
export type AddressPolicy = {
  /** `PERPETUO_ALLOW_PRIVATE_UPSTREAMS`: also http, private networks and any port. */
  allowPrivate: boolean;
};

export type BaseUrlVerdict = { kind: "allowed"; origin: string } | { kind: "refused"; reason: string };
export type AddressVerdict = { kind: "allowed" } | { kind: "refused"; reason: string };

/** Where an address leads. `forbidden` is never an upstream, whatever the operator allows. */
type AddressReach = "public" | "private" | "forbidden";

const longestUrl = 2048;
const lastSystemPort = 1023;

/**
 * Addresses that hand out a machine's credentials, beyond those in the link-local range: Azure's wire server, Alibaba,
 * Oracle, and the IPv6 forms of AWS and Google Cloud. They stay forbidden where private networks are allowed.
 */
const metadataAddresses = new Set([
  "168.63.129.16",
  "100.100.100.200",
  "192.0.0.192",
  "fd00:ec2::254",
  "fd20:ce::254",
]);

/** Ranges, by ipaddr.js's names, that an operator may open. Every special range not named here is forbidden. */
const privateRanges = new Set(["loopback", "private", "carrierGradeNat", "uniqueLocal"]);

/** The one block that IANA allocates global unicast addresses from; the rest of IPv6 is reserved or special. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/** Suffixes that never resolve in the public DNS (RFC 6761, 6762, 8375, 9476 and ICANN's private-use name). */
const privateSuffixes = [
  "localhost",
  "localdomain",
  "local",
  "internal",
  "home.arpa",
  "intranet",
  "lan",
  "corp",
  "home",
];

/**
 * Judges a base URL by its text, when it is saved. A public name can still resolve to a private address, so the
 * address that is dialled is judged again by `checkAddress`.
 */
export function checkBaseUrl(text: string, policy: AddressPolicy): BaseUrlVerdict {
  const url = parseBaseUrl(text);
  if (url === null) return refused("This is not a URL. Example: https://api.example.com/v1");
  // The host first: of an http address in a private network the setting that allows both is the answer.
  const problem = problemOfForm(text, url) ?? problemOfHost(url, policy) ?? problemOfScheme(url, policy);
  return problem === null ? { kind: "allowed", origin: url.origin } : refused(problem);
}

/** Judges the address that a connection is about to be opened to, after name resolution. */
export function checkAddress(address: string, policy: AddressPolicy): AddressVerdict {
  const problem = problemOfReach(reachOf(address), policy);
  return problem === null ? { kind: "allowed" } : refused(problem);
}

function refused(reason: string): { kind: "refused"; reason: string } {
  return { kind: "refused", reason };
}

/**
 * The URL parser drops white space, turns backslashes into slashes, and takes the host of `https:a` and `https:///a`
 * to be `a`. A text that relies on any of that is refused.
 */
function parseBaseUrl(text: string): URL | null {
  if (text.length > longestUrl || /[\s\\\p{Cc}]/u.test(text) || !/^\w+:\/\/[^/]/.test(text)) return null;
  return URL.parse(text);
}

function problemOfForm(text: string, url: URL): string | null {
  if (url.username !== "" || url.password !== "") return "Credentials do not belong in the URL.";
  if (text.includes("?") || text.includes("#")) return "A base URL has no query and no fragment.";
  return null;
}

function problemOfScheme(url: URL, policy: AddressPolicy): string | null {
  const isWeb = url.protocol === "https:" || (policy.allowPrivate && url.protocol === "http:");
  if (!isWeb) return policy.allowPrivate ? "Use http or https." : "Use https.";
  if (url.port === "0") return "Port 0 cannot be dialled.";
  const isSystemPort = url.port !== "" && Number(url.port) <= lastSystemPort;
  if (isSystemPort && !policy.allowPrivate) return "Use port 443, or one above 1023.";
  return null;
}

function problemOfHost(url: URL, policy: AddressPolicy): string | null {
  const host = url.hostname;
  if (host.startsWith("[")) return problemOfReach(reachOf(host.slice(1, -1)), policy);
  if (ipaddr.IPv4.isValidFourPartDecimal(host)) return problemOfReach(reachOf(host), policy);
  if (host.endsWith(".")) return "The host name must not end with a dot.";
  if (policy.allowPrivate) return isMetadataName(host) ? problemOfReach("forbidden", policy) : null;
  const isPrivate = !host.includes(".") || privateSuffixes.some((suffix) => host.endsWith(`.${suffix}`));
  return isPrivate ? problemOfReach("private", policy) : null;
}

function isMetadataName(host: string): boolean {
  return host === "metadata.google.internal" || host === "metadata.goog" || host === "instance-data";
}

function problemOfReach(reach: AddressReach, policy: AddressPolicy): string | null {
  if (reach === "public" || (reach === "private" && policy.allowPrivate)) return null;
  return reach === "private"
    ? "This address is private. The operator can allow such addresses with PERPETUO_ALLOW_PRIVATE_UPSTREAMS=true."
    : "This address is reserved and is never a provider.";
}

/** A text that is not one canonical address is forbidden: `127.1` and `0x7f.1` mean different things to different readers. */
function reachOf(text: string): AddressReach {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return reachOfIpv4(ipaddr.IPv4.parse(text));
  if (!text.includes(":") || !ipaddr.IPv6.isValid(text)) return "forbidden";
  const address = ipaddr.IPv6.parse(text);
  // A mapped address is dialled over IPv4, so the embedded address decides.
  if (address.isIPv4MappedAddress()) return reachOfIpv4(address.toIPv4Address());
  if (metadataAddresses.has(address.toString())) return "forbidden";
  const range = address.range();
  if (range === "unicast" && address.match(globalUnicast)) return "public";
  return privateRanges.has(range) ? "private" : "forbidden";
}

function reachOfIpv4(address: ipaddr.IPv4): AddressReach {
  if (metadataAddresses.has(address.toString())) return "forbidden";
  const range = address.range();
  if (range === "unicast") return "public";
  return privateRanges.has(range) ? "private" : "forbidden";
}
