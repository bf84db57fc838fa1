import type { ErrorCode } from "@perpetuo/contracts/errors";
import type { FailureAdvice } from "@perpetuo/gateway/failure";

/** A call that ended without a whole answer. */
export type TransportFailure = {
  code: ErrorCode;
  message: string;
  /** The request had been sent: the provider may have worked, and may bill it. */
  sent: boolean;
};

const addressRefusedCode = "PERPETUO_ADDRESS_REFUSED";

/** The error of a connection to an address that the operator does not allow. */
export function addressRefused(host: string): Error {
  return Object.assign(new Error(`${host} is not a public address`), { code: addressRefusedCode });
}

/** The errors of connections by code, Node's and our own; what is not listed never reached a working connection. */
export function toTransportFailure(error: unknown, sent: boolean): TransportFailure {
  const { code, text } = describe(error);
  const message = `${code}: ${text}`.slice(0, 300);
  if (code === addressRefusedCode) return { code: "upstream_address_refused", message, sent };
  if (code === "HTTP1_CONNECT_TIMEOUT") return { code: "upstream_timeout", message, sent };
  if (code === "HTTP1_INVALID_RESPONSE") return { code: "upstream_invalid_response", message, sent };
  return { code: "upstream_unreachable", message, sent };
}

/** Where to turn to: an address stays refused, and a target that was silent would take the time again. */
export function adviceAfter({ code }: TransportFailure): FailureAdvice {
  return code === "upstream_address_refused" || code === "upstream_timeout" ? "other-target" : "next-target";
}

/** A thrown value need not be an error, and a code need not be text: a DOMException's is a number. */
function describe(error: unknown): { code: string; text: string } {
  if (!(error instanceof Error)) return { code: "Error", text: String(error) };
  const { code } = error as { code?: unknown };
  return { code: typeof code === "string" ? code : error.name, text: error.message };
}
