/** What tests read of a request that the mock provider recorded; its README describes every field. */
export type MockRecord = {
  id: number;
  port: "http" | "raw";
  path: string;
  headers: [name: string, value: string][];
  carries_api_key: boolean;
  body_bytes: number;
  body_sha256: string;
  model: string | null;
  user: string | null;
  stream: boolean;
  received_at: number;
  client_closed_at: number | null;
  outcome: "open" | "answered" | "cut" | "client_closed";
  status: number | null;
  bytes_sent: number;
  response_sha256: string | null;
  content_tokens_sent: number;
  usage_reported: { prompt_tokens: number; completion_tokens: number } | null;
};

export type MockTotals = {
  requests: number;
  open: number;
  outcomes: Record<MockRecord["outcome"], number>;
  statuses: Record<string, number>;
  content_tokens_sent: number;
  prompt_tokens: number;
  completion_tokens: number;
  requests_carrying_api_key: number;
};

/** What the mock provider saw. */
export type MockClient = {
  /** The records of a model, or of all models, oldest first. */
  records(model?: string): Promise<MockRecord[]>;
  totals(): Promise<MockTotals>;
  forget(): Promise<void>;
};

const everything = 1_000_000;

export function createMockClient(mockUrl: string): MockClient {
  return {
    async records(model) {
      const query = new URLSearchParams({
        limit: String(everything),
        ...(model === undefined ? {} : { model }),
      });
      const answer = await fetch(`${mockUrl}/_mock/requests?${query}`);
      return ((await answer.json()) as { requests: MockRecord[] }).requests;
    },
    async totals() {
      return (await (await fetch(`${mockUrl}/_mock/totals`)).json()) as MockTotals;
    },
    async forget() {
      await fetch(`${mockUrl}/_mock/requests`, { method: "DELETE" });
    },
  };
}
