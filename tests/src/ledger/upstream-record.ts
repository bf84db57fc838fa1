import type { MockClient } from "../harness/mock-client.ts";

/** One call as an upstream saw it. */
export type UpstreamRecord = {
  /** The `user` of its body: the id of the client's request. */
  requestId: string;
  /** Epoch milliseconds. */
  receivedAt: number;
  /** Content tokens handed to the operating system. */
  tokens: number;
  reported: { input: number; output: number } | null;
  /** The gateway closed before the answer was complete. */
  sawClose: boolean;
};

/** An upstream's side of the books. */
export type UpstreamBook = {
  /** In order of arrival. */
  records(): Promise<UpstreamRecord[]>;
  /** Connections on which a request may have been sent that the upstream has not read. */
  unread?(): number;
};

/** The mock provider's records of requests that a ledger sent. */
export function mockBook(mock: MockClient): UpstreamBook {
  return {
    async records() {
      return (await mock.records()).flatMap((record): UpstreamRecord[] => {
        if (record.user === null) return [];
        const { usage_reported: usage } = record;
        return [
          {
            requestId: record.user,
            receivedAt: record.received_at,
            tokens: record.content_tokens_sent,
            reported: usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
            sawClose: record.outcome === "client_closed",
          },
        ];
      });
    },
  };
}
