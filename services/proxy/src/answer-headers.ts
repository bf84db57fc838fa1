import type { Header } from "./exchange.ts";
import { limitHeaders } from "./limit-headers.ts";
import type { Receipt } from "./receipt.ts";
import { serverTiming } from "./server-timing.ts";

export type AnswerHeadersDeps = { now: () => number; debugHeaders: Header[] };

/** The upstream's headers that may pass, and what the gateway says about the answer. */
export function answerHeaders(upstream: Header[], receipt: Receipt, deps: AnswerHeadersDeps): Header[] {
  const headers: Header[] = [
    ...upstream,
    ["x-request-id", receipt.requestId],
    ["server-timing", serverTiming(receipt, deps.now())],
    ...deps.debugHeaders,
  ];
  const { requestIdHeader } = receipt.dialect;
  // The provider's own id finds the request at the provider, where it has one.
  if (requestIdHeader !== null && !upstream.some(([name]) => name === requestIdHeader)) {
    headers.push([requestIdHeader, receipt.requestId]);
  }
  const { target, principal } = receipt;
  if (target !== null) {
    headers.push(
      ["x-perpetuo-provider", target.providerKey.provider],
      ["x-perpetuo-model", headerText(target.upstreamModel)],
      ["x-perpetuo-attempts", String(receipt.calls)],
      ["x-perpetuo-cache", "off"],
    );
  }
  if (receipt.admission !== null) headers.push(...limitHeaders(receipt.admission));
  if (principal !== null) headers.push(["x-perpetuo-config-version", String(principal.config.version)]);
  return headers;
}

/** Header values are visible ASCII here; whatever else a model's name holds is percent-encoded. */
function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURI(text);
}
