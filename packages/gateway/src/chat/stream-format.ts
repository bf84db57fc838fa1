import type { Usage } from "@perpetuo/contracts/usage";
import {
  type AnswerIdentity,
  type ExtraContent,
  extraField,
  type FinishReason,
  usageObject,
} from "./answer.ts";

/** A piece of the answer, as a translator hands it over. */
export type Delta =
  | { kind: "role" }
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "refusal"; text: string }
  | { kind: "tool-call"; index: number; id: string; name: string; extra?: ExtraContent }
  | { kind: "tool-arguments"; index: number; text: string };

/** Writes the pieces of an answer as the events of a client's dialect; each method returns text, often none. */
export type StreamFormat = {
  /** Takes the place of the gateway's own words; null keeps what is known. */
  identify(id: string | null, model: string | null): void;
  /** `usage` is what is known of it by now. */
  delta(delta: Delta, usage: Usage | null): string;
  failure(message: string): string;
  /** All that follows once the provider's own end has been seen. */
  ending(reason: FinishReason | null, usage: Usage | null): string;
};

/** OpenAI's `chat.completion.chunk` events. What the chunks of a stream have in common is printed once. */
export class ChatStreamFormat implements StreamFormat {
  private readonly includeUsage: boolean;
  private identity: AnswerIdentity;
  /** Every chunk's text before its choices. */
  private envelope: string;

  constructor(identity: AnswerIdentity, includeUsage: boolean) {
    this.identity = identity;
    this.includeUsage = includeUsage;
    this.envelope = envelopeOf(identity);
  }

  identify(id: string | null, model: string | null): void {
    const { identity } = this;
    this.identity = { ...identity, id: id ?? identity.id, model: model ?? identity.model };
    this.envelope = envelopeOf(this.identity);
  }

  delta(delta: Delta): string {
    return this.chunk(deltaObject(delta), null);
  }

  failure(message: string): string {
    return `data: ${JSON.stringify({ error: { message, type: "upstream_error", param: null, code: "upstream_error" } })}\n\n`;
  }

  ending(reason: FinishReason | null, usage: Usage | null): string {
    const finish = reason === null ? "" : this.chunk({}, reason);
    const isShown = this.includeUsage && usage !== null;
    const shown = isShown
      ? `${this.envelope},"choices":[],"usage":${JSON.stringify(usageObject(usage))}}\n\n`
      : "";
    return `${finish}${shown}data: [DONE]\n\n`;
  }

  private chunk(delta: object, reason: FinishReason | null): string {
    const finish = reason === null ? "null" : `"${reason}"`;
    const choice = `{"index":0,"delta":${JSON.stringify(delta)},"finish_reason":${finish},"logprobs":null}`;
    return `${this.envelope},"choices":[${choice}]${this.includeUsage ? ',"usage":null' : ""}}\n\n`;
  }
}

function envelopeOf({ id, created, model }: AnswerIdentity): string {
  return `data: ${JSON.stringify({ id, object: "chat.completion.chunk", created, model }).slice(0, -1)}`;
}

function deltaObject(delta: Delta): object {
  switch (delta.kind) {
    case "role":
      return { role: "assistant", content: "" };
    case "text":
      return { content: delta.text };
    case "reasoning":
      return { reasoning_content: delta.text };
    case "refusal":
      return { refusal: delta.text };
    case "tool-call": {
      const call = { name: delta.name, arguments: "" };
      const { index, id } = delta;
      return { tool_calls: [{ index, id, type: "function", function: call, ...extraField(delta.extra) }] };
    }
    case "tool-arguments":
      return { tool_calls: [{ index: delta.index, function: { arguments: delta.text } }] };
  }
}
