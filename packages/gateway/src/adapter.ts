import type { ErrorCode } from "@perpetuo/contracts/errors";
import type { ModelCapability, Usage } from "@perpetuo/contracts/usage";
import type { AnswerIdentity } from "./chat/answer.ts";
import type { UpstreamFailure } from "./failure.ts";
import type { RoutingPreference } from "./routing/preference.ts";

/** What the client asked the gateway to do; each operation has one upstream path per provider. */
export type Operation = "chat-completions" | "completions" | "embeddings" | "messages" | "count-tokens";

export type EndpointInput = {
  /** Without a trailing slash, such as `https://api.openai.com/v1`. */
  baseUrl: string;
  /** The provider key's plain credential. It appears in the headers and nowhere else. */
  secret: string;
  /** Some wires name the model, and whether it streams, in the path. */
  upstreamModel: string;
  stream: boolean;
};

/** Where and with what headers an attempt goes. Header names are lower case. */
export type Endpoint = { origin: string; path: string; headers: Record<string, string> };

export type EncodeInput = {
  call: ModelCall;
  upstreamModel: string;
  /** The most that the model writes in one answer, from the catalogue; null where it does not say. */
  maxOutputTokens: number | null;
  /** What the catalogue knows that the model can; absent where it does not know the model, and for a pass-through. */
  capabilities?: readonly ModelCapability[] | undefined;
};

/** What an answer is decoded for: the request, and what a translation has to say where the provider does not. */
export type AnswerContext = { call: ModelCall; identity: AnswerIdentity };

/** The client's request as the planner and the adapters see it: its own bytes, and where the fields lie in them. */
export type ModelCall = {
  operation: Operation;
  body: Buffer;
  model: string;
  stream: boolean;
  /** The client asked to see the usage chunk of a stream (`stream_options.include_usage`). */
  includeUsage: boolean;
  /** The body's `user`, for the log; null when absent. */
  user: string | null;
  /** What the request itself says about who shall answer; null when it says nothing. `body` is without it. */
  preference: RoutingPreference | null;
  /** Spans of the top-level values in `body`, by decoded key. */
  fields: ReadonlyMap<string, { start: number; end: number }>;
  /** Offset of the closing brace of `body`. */
  closingBrace: number;
};

/** A whole answer: the bytes for the client, and what metering learns from them. */
export type DecodedResponse = {
  bytes: Buffer;
  /** Null when the answer does not say. */
  usage: Usage | null;
  /** The answer is not the JSON object that the wire promises. Pass-through hands the bytes on all the same. */
  malformed: boolean;
  /** The provider's words when a success of HTTP tells of a failure; null otherwise. */
  error: string | null;
  /** What the gateway itself has against a good answer; absent where the error is the provider's. */
  errorCode?: ErrorCode;
};

/** What a stream decoder has learned so far. */
export type StreamState = {
  /** Complete events seen, comments not counted. */
  events: number;
  /** Events that carried a piece of the answer; the estimate of the output tokens when no usage arrives. */
  contentEvents: number;
  usage: Usage | null;
  /** The protocol's own end was seen, so the answer is whole. */
  terminated: boolean;
  /** The terminal event itself has been taken in and is withheld; nothing of worth follows. */
  terminalWithheld: boolean;
  /** The first error event: its message and its place among the events, from 1; null while there is none. */
  error: { message: string; event: number } | null;
  /** Events that could not be read as the protocol says; they were passed on untouched. */
  unreadableEvents: number;
};

/**
 * Turns an upstream stream into the client's, event by event. It withholds the terminal event, so that the caller can
 * append the log record before the client sees the end.
 */
export type StreamDecoder = {
  readonly state: Readonly<StreamState>;
  /** Takes the next bytes and returns those that the client may have now; often the very same buffer, often none. */
  push(chunk: Buffer): Buffer;
  /** The upstream has ended: a last event that lacks its blank line is read like any other, and withheld. */
  end(): void;
  /** The withheld bytes: the terminal event when there was one, and what stood behind it. */
  takeTail(): Buffer;
};

/** How one operation is carried on one provider's wire, as pure functions: no I/O, no clock, no randomness. */
export type Codec = {
  /** `pass-through`: the client's dialect is the provider's, and bytes cross unchanged. */
  readonly wire: "pass-through" | "translated";
  endpoint(input: EndpointInput): Endpoint;
  encodeRequest(input: EncodeInput): Buffer;
  decodeResponse(body: Buffer, context: AnswerContext): DecodedResponse;
  streamDecoder(context: AnswerContext): StreamDecoder;
};

/** One provider's wire: what it can be asked for, and what its refusals mean. */
export type ProviderAdapter = {
  /** Null: the provider key must name its base URL. */
  readonly defaultBaseUrl: string | null;
  /** Null: the provider has nothing of the kind, and a plan passes it over. */
  readonly operations: Readonly<Record<Operation, Codec | null>>;
  classifyError(answer: {
    status: number;
    headers: Record<string, string | string[] | undefined>;
    body: Buffer;
  }): UpstreamFailure;
};
