import { hash } from "node:crypto";
import type { RecordedOutcome, RecordedRequest, RecordedTotals } from "./recorded-request.ts";

/** What is known of a request when it has arrived whole. */
export type Arrival = Pick<
  RecordedRequest,
  "port" | "method" | "path" | "headers" | "body_bytes" | "body_sha256" | "model" | "user" | "stream"
> & { bodyCarriesApiKey: boolean };

/** Remembers the latest requests, in a ring, and sums over all of them. */
export type Recorder = {
  arrived(arrival: Arrival): RecordedRequest;
  /** Ends a request once; later calls for the same one change nothing. */
  finished(record: RecordedRequest, outcome: Exclude<RecordedOutcome, "open">): void;
  list(filter: { since: number; model: string | null; limit: number }): RecordedRequest[];
  totals(): RecordedTotals;
  clear(): void;
};

const credentialHeaders = new Set(["authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"]);
const apiKeyPattern = /pk_[0-9a-f]{8}/;

/** Digests remembered at once: a run has a handful of credentials, and hashing each request's again is waste. */
const maximumDigests = 1000;

export function createRecorder(capacity: number): Recorder {
  const ring: RecordedRequest[] = [];
  const digest = createCredentialDigest();
  let count = 0;
  let totals = emptyTotals();

  return {
    arrived({ bodyCarriesApiKey, ...arrival }) {
      const carriesApiKey = bodyCarriesApiKey || arrival.headers.some(([, value]) => carriesKey(value));
      const record: RecordedRequest = {
        id: ++count,
        ...arrival,
        headers: arrival.headers.map(([name, value]) => [
          name,
          credentialHeaders.has(name) ? digest(value) : value,
        ]),
        carries_api_key: carriesApiKey,
        received_at: Date.now(),
        first_byte_at: null,
        finished_at: null,
        client_closed_at: null,
        outcome: "open",
        status: null,
        bytes_sent: 0,
        response_sha256: null,
        content_tokens_sent: 0,
        usage_reported: null,
      };
      ring[(record.id - 1) % capacity] = record;
      totals.requests += 1;
      totals.open += 1;
      totals.outcomes.open += 1;
      if (carriesApiKey) totals.requests_carrying_api_key += 1;
      return record;
    },

    finished(record, outcome) {
      if (record.outcome !== "open") return;
      record.outcome = outcome;
      record.finished_at = Date.now();
      if (outcome === "client_closed") record.client_closed_at = record.finished_at;
      addToTotals(totals, record);
    },

    list({ since, model, limit }) {
      const first = Math.max(since, count - capacity);
      const found: RecordedRequest[] = [];
      for (let id = first + 1; id <= count && found.length < limit; id++) {
        const record = ring[(id - 1) % capacity];
        if (record !== undefined && (model === null || record.model === model)) found.push(record);
      }
      return found;
    },

    totals: () => totals,

    clear() {
      ring.length = 0;
      totals = emptyTotals();
    },
  };
}

function createCredentialDigest(): (credential: string) => string {
  const digests = new Map<string, string>();
  return (credential) => {
    const known = digests.get(credential);
    if (known !== undefined) return known;
    if (digests.size >= maximumDigests) digests.clear();
    const digest = `sha256:${hash("sha256", credential.replace(/^Bearer /i, ""))}`;
    digests.set(credential, digest);
    return digest;
  };
}

/** Whether the text holds what looks like a client's API key. */
export function carriesKey(text: string): boolean {
  return text.includes("pk_") && apiKeyPattern.test(text);
}

function addToTotals(totals: RecordedTotals, record: RecordedRequest): void {
  const status = record.status === null ? "none" : String(record.status);
  totals.open = Math.max(0, totals.open - 1);
  totals.outcomes.open = totals.open;
  totals.outcomes[record.outcome] += 1;
  totals.statuses[status] = (totals.statuses[status] ?? 0) + 1;
  totals.bytes_sent += record.bytes_sent;
  totals.content_tokens_sent += record.content_tokens_sent;
  totals.prompt_tokens += record.usage_reported?.prompt_tokens ?? 0;
  totals.completion_tokens += record.usage_reported?.completion_tokens ?? 0;
}

function emptyTotals(): RecordedTotals {
  return {
    requests: 0,
    open: 0,
    outcomes: { open: 0, answered: 0, cut: 0, client_closed: 0 },
    statuses: {},
    bytes_sent: 0,
    content_tokens_sent: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    requests_carrying_api_key: 0,
  };
}
