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

/** OpenAI's `chat.completion.chunk` events. */
export class ChatStreamFormat implements StreamFormat {
  private readonly includeUsage: boolean;
  private identity: AnswerIdentity;

  constructor(identity: AnswerIdentity, includeUsage: boolean) {
    this.identity = identity;
    this.includeUsage = includeUsage;
  }

  identify(id: string | null, model: string | null): void {
    this.identity = {
      ...this.identity,
      id: id ?? this.identity.id,
      model: model ?? this.identity.model,
    };
  }

  delta(delta: Delta): string {
    return this.chunk({ delta: deltaObject(delta), finish_reason: null });
  }

  failure(message: string): string {
    return event({ error: { message, type: "upstream_error", param: null, code: "upstream_error" } });
  }

  ending(reason: FinishReason | null, usage: Usage | null): string {
    const finish = reason === null ? "" : this.chunk({ delta: {}, finish_reason: reason });
    const isShown = this.includeUsage && usage !== null;
    const shown = isShown ? event({ ...this.envelope(), choices: [], usage: usageObject(usage) }) : "";
    return `${finish}${shown}data: [DONE]\n\n`;
  }

  private chunk(choice: { delta: object; finish_reason: FinishReason | null }): string {
    const usage = this.includeUsage ? { usage: null } : {};
    return event({ ...this.envelope(), choices: [{ index: 0, ...choice, logprobs: null }], ...usage });
  }

  private envelope() {
    const { id, created, model } = this.identity;
    return { id, object: "chat.completion.chunk", created, model };
  }
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
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
