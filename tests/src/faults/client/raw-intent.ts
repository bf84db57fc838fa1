import { type RawCall, type RawClient, statusOf } from "../../harness/raw-client.ts";
import type { Intent, Seen } from "../../ledger/client-ledger.ts";

/** A request of the ledger as a raw client sends it. */
export function rawCallOf({ call }: Intent): RawCall {
  const headers = Object.entries(call.headers).map(([name, value]) => `${name}: ${value}`);
  return { apiKey: call.apiKey, body: call.body as object, headers };
}

/** What a raw client has seen of its answer so far, for the ledger. */
export function seenBy(client: RawClient): Partial<Seen> {
  const text = client.text();
  const status = statusOf(text);
  if (status === null) return {};
  const requestId = /^x-request-id: (.*)\r$/im.exec(text)?.[1];
  return { status, headers: { "x-request-id": requestId }, body: Buffer.from(text, "latin1") };
}
